// RUN: a run that exists (a number or `last` in the session database, a snapshot file) or is made now (--model
// --prompt).
#pragma once

#include <string>

#include "app/cli/model_options.h"
#include "app/cli/run_options.h"
#include "app/cli/store_options.h"
#include "core/snapshot/tensors.h"

namespace app {

struct RunRefOptions {
  std::string run;
  CLI::Option* runOption = nullptr;
  StorePlace store;
  ModelOptions model;
  PromptOptions prompt;
  RunOptionsCli options;
};

void addRunRef(CLI::App& command, RunRefOptions& options);

// The same without capture, sampling and capacity: a run that is made now takes `options.options` as they stand.
void addRunSource(CLI::App& command, RunRefOptions& options);

// What is wrong with the arguments, empty if nothing is.
std::string runRefProblem(const RunRefOptions& options);

struct ReferredRun {
  core::Trace trace;
  nlohmann::json extra = nlohmann::json::object();  // for the provenance: how it ended, its number
  bool cancelled = false;                           // made now, and stopped by the user

  // It did not come to its end, now or when it was kept.
  bool isInterrupted() const;
};

core::Result<ReferredRun> openRun(const RunRefOptions& options);

// One that exists: a number or `last` in the database, else a snapshot file.
core::Result<ReferredRun> openNamedRun(const std::string& name, const StorePlace& place);

}  // namespace app
