#include "app/cli/trace_jsonl.h"

#include "app/cli/console.h"
#include "app/cli/json_lines.h"
#include "core/snapshot/snapshot.h"

namespace app {

core::SnapshotOptions snapshotOptions(const FinishedRun& run, bool omitPrompt) {
  const core::RunResult& result = run.result();
  core::SnapshotOptions options;
  options.withPrompt = !omitPrompt;
  options.extra["state"] = result.cancelled ? "interrupted" : "complete";
  options.extra["ended_at_context_limit"] = result.endedAtContextLimit;
  if (!run.counters.empty()) options.extra["counters"] = run.counters;
  return options;
}

Outcome traceJsonLines(const core::Model& model, const std::shared_ptr<core::Engine>& engine,
                       const JsonLinesOptions& options) {
  return answerLines([&](const InputLine& line) -> core::Status {
    Prompt prompt;
    if (line.text) {
      TRY_ASSIGN(prompt, encodePrompt(model, *line.text, options.encoding));
    } else {
      prompt.ids = line.ids;
    }
    TRY_ASSIGN(const core::RunRequest request, makeRequest(model, options.run, prompt));
    TRY_ASSIGN(const FinishedRun run, runWithProgress(engine, request));
    TRY_STATUS(core::writeTraceJson(run.result().trace, snapshotOptions(run, options.omitPrompt), print));
    return run.result().cancelled ? core::Status(core::cancelled()) : core::Status();
  });
}

}  // namespace app
