// `trace --jsonl`: many prompts in one process.
#pragma once

#include <memory>

#include "app/cli/run_options.h"
#include "core/engine/run.h"
#include "core/snapshot/tensors.h"

namespace app {

// What a document says beside the numbers: how the run ended, what the device did for it (`counters`), and
// whether the prompt is in it.
core::SnapshotOptions snapshotOptions(const FinishedRun& run, bool omitPrompt);

struct JsonLinesOptions {
  RunOptionsCli run;
  Encoding encoding;
  bool omitPrompt = false, profile = false;
};

// A document for each line of standard input, in order. A line that cannot be run gives a document with the schema
// expertscope.error, and the exit status 1 at the end.
Outcome traceJsonLines(const core::Model& model, const std::shared_ptr<core::Engine>& engine,
                       const JsonLinesOptions& options);

}  // namespace app
