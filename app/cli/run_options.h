// How a run is made: capture level, generation, sampling, capacity. Shared by every subcommand that runs a model.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "app/cli/prompt_options.h"
#include "core/engine/run.h"

namespace app {

struct RunOptionsCli {
  std::string capture = "ledger";
  int generate = 0;
  bool stopAtEnd = false;
  core::Sampling sampling;
  std::optional<double> capacityFactor;
  std::optional<std::string> capacityRule;
};

void addRunOptions(CLI::App& command, RunOptionsCli& options);

// "Infinity" and "nan" are numbers to the parser; `words` say what is expected instead.
CLI::Validator finiteFrom(double least, double most, const std::string& words);
CLI::Validator wholeFromZero();

// Error: a capacity rule that cannot be applied to this model.
core::Result<core::RunRequest> makeRequest(const core::Model& model, const RunOptionsCli& options,
                                           const Prompt& prompt);

// --capacity-factor and --capacity-rule alone.
void addCapacityOptions(CLI::App& command, std::optional<double>& factor, std::optional<std::string>& rule);

// For options that name a snapshot file: empty, or what is wrong with the extension.
std::string checkSnapshotPath(const std::string& path);

struct FinishedRun {
  std::unique_ptr<core::Session> session;
  std::map<std::string, uint64_t> counters;  // what the device did for this run, by name; empty on the CPU
  const core::RunResult& result() const { return session->result(); }
};

// Runs it with progress on stderr; Ctrl-C ends it, what was run stays. Says when it ended early. `published` as in
// core::RunCallbacks.
core::Result<FinishedRun> runWithProgress(const std::shared_ptr<core::Engine>& engine, const core::RunRequest& request,
                                          const std::function<void(const core::Trace&)>& published = {});

}  // namespace app
