#include "app/cli/trace_jsonl.h"

#include <malloc.h>

#include "app/cli/console.h"
#include "app/cli/json_lines.h"
#include "app/cli/profile_report.h"
#include "core/snapshot/snapshot.h"

namespace app {
namespace {

// One prompt needs again what the one before it let go: memory is not given back to the system in between.
void keepMemory() {
#ifdef __GLIBC__
  constexpr int kKept = 64 << 20;
  mallopt(M_MMAP_THRESHOLD, kKept / 2);  // the largest that is allowed
  mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

}  // namespace

core::SnapshotOptions snapshotOptions(const FinishedRun& run, bool omitPrompt) {
  const core::RunResult& result = run.result();
  core::SnapshotOptions options;
  options.withPrompt = !omitPrompt;
  options.extra["state"] = result.cancelled ? "interrupted" : "complete";
  options.extra["ended_at_context_limit"] = result.endedAtContextLimit;
  if (!run.counters.empty()) options.extra["counters"] = run.counters;
  if (result.profile) options.extra["profile"] = profileJson(*result.profile);
  return options;
}

Outcome traceJsonLines(const core::Model& model, const std::shared_ptr<core::Engine>& engine,
                       const JsonLinesOptions& options) {
  core::Profile all;
  widenOutput();
  keepMemory();
  const auto answer = [&](const InputLine& line) -> core::Status {
    Prompt prompt;
    if (line.text) {
      TRY_ASSIGN(prompt, encodePrompt(model, *line.text, options.encoding));
    } else {
      prompt.ids = line.ids;
    }
    TRY_ASSIGN(core::RunRequest request, makeRequest(model, options.run, prompt));
    request.profile = options.profile;
    TRY_ASSIGN(const FinishedRun run, runWithProgress(engine, request));
    if (run.result().profile) all.add(*run.result().profile);
    core::SnapshotOptions snapshot = snapshotOptions(run, options.omitPrompt);
    snapshot.threads = engine->threads();
    TRY_STATUS(core::writeTraceJson(run.result().trace, snapshot, print));
    return run.result().cancelled ? core::Status(core::cancelled()) : core::Status();
  };
  Outcome outcome = answerLines(answer);
  if (options.profile) say("where the time of all prompts went\n" + profileTable(all));
  return outcome;
}

}  // namespace app
