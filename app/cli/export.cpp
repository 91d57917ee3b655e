// `expertscope export RUN --out FILE`: a run as a snapshot file.
#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/run_ref.h"
#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

struct ExportOptions {
  RunRefOptions run;
  std::string out;
  bool json = false, omitPrompt = false;
};

Outcome runExport(const CLI::App& command, const ExportOptions& options) {
  if (const std::string problem = runRefProblem(options.run); !problem.empty()) return wrongUsage(command, problem);
  TRY_ASSIGN(const ReferredRun run, openRun(options.run));
  const core::SnapshotOptions snapshot{!options.omitPrompt, run.extra};
  TRY_STATUS(core::writeSnapshot(run.trace, options.out, snapshot));
  if (options.json) {
    nlohmann::json document = startDocument("export");
    document["out"] = options.out;
    document["provenance"] = core::provenance(run.trace, snapshot);
    document["tensors"] = nlohmann::json::object();
    for (const auto& tensor : core::snapshotTensors(run.trace, snapshot))
      document["tensors"][tensor.name] = tensor.shape;
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    say(fmt::format("wrote {}", options.out));
  }
  return run.cancelled ? kFailed : kDone;
}

}  // namespace

void addExport(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("export", "Write a run to a file: .safetensors, .npz, .csv or .json");
  auto options = std::make_shared<ExportOptions>();
  addRunRef(*command, options->run);
  command->add_option("--out", options->out, "the file; its extension names the format")
      ->required()
      ->check(CLI::Validator(checkSnapshotPath, ""));
  command->add_flag("--omit-prompt", options->omitPrompt, "leave the prompt's text and ids out");
  command->add_flag("--json", options->json, "print what was written as a JSON document");
  command->callback([=, &action] { action = [=] { return runExport(*command, *options); }; });
}

}  // namespace app
