#include "app/cli/run_ref.h"

#include <algorithm>
#include <filesystem>

#include "app/cli/trace_jsonl.h"
#include "core/snapshot/snapshot.h"

namespace app {
namespace {

bool isStoredName(const std::string& name) {
  return name == "last" ||
         (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

core::Result<ReferredRun> storedRun(const std::string& name, const StorePlace& place) {
  TRY_ASSIGN(const auto store, openStore(place));
  TRY_ASSIGN(const core::RunId id, runNamed(*store, name));
  ReferredRun run;
  TRY_ASSIGN(const core::RunRow row, store->row(id));
  TRY_ASSIGN(run.trace, store->loadTrace(id));
  run.extra = {{"run", id}, {"state", core::runStateName(row.state)}, {"created", row.created}};
  return run;
}

core::Result<ReferredRun> newRun(const RunRefOptions& options) {
  TRY_ASSIGN(const auto model, openModel(options.model.model));
  TRY_ASSIGN(const Prompt prompt, readPrompt(*model, options.prompt));
  TRY_ASSIGN(const core::RunRequest request, makeRequest(*model, options.options, prompt));
  TRY_ASSIGN(const auto engine, openEngine(model, options.model));
  TRY_ASSIGN(const FinishedRun finished, runWithProgress(engine, request));
  const core::RunResult& result = finished.result();
  return ReferredRun{result.trace, snapshotOptions(finished, false).extra, result.cancelled};
}

}  // namespace

bool ReferredRun::isInterrupted() const {
  const std::string state = extra.value("state", "complete");
  return cancelled || state != "complete" || trace.tokens(core::Stream::Layer) < trace.promptTokens();
}

void addRunRef(CLI::App& command, RunRefOptions& options) {
  addRunSource(command, options);
  addRunOptions(command, options.options);
}

void addRunSource(CLI::App& command, RunRefOptions& options) {
  options.runOption =
      command.add_option("run", options.run, "a run's number, last, or a snapshot file; or give --model and --prompt");
  addStoreOption(command, options.store);
  addModelOption(command, options.model);
  addPromptOptions(command, options.prompt);
  addEngineOptions(command, options.model);
}

std::string runRefProblem(const RunRefOptions& options) {
  const bool named = options.runOption->count() > 0;
  if (named && options.prompt.given() > 0) return "give either a RUN or a prompt";
  return named || options.prompt.given() > 0 ? "" : "no run; give its number, last, a snapshot file, or --prompt";
}

core::Result<ReferredRun> openRun(const RunRefOptions& options) {
  return options.runOption->count() == 0 ? newRun(options) : openNamedRun(options.run, options.store);
}

core::Result<ReferredRun> openNamedRun(const std::string& name, const StorePlace& place) {
  if (isStoredName(name)) return storedRun(name, place);
  ReferredRun run;
  TRY_ASSIGN(run.trace, core::readSnapshot(name));
  return run;
}

}  // namespace app
