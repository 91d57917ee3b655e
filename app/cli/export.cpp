// `expertscope export RUN --out FILE`: a run as a snapshot, a page or a database of its own, by the file's extension.
#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/run_ref.h"
#include "app/cli/run_tokens.h"
#include "app/html/page.h"
#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/snapshot/write_database.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

struct ExportOptions {
  RunRefOptions run;
  std::string out;
  bool json = false, omitPrompt = false;
};

bool isPagePath(const std::filesystem::path& path) { return path.extension() == ".html"; }

std::string checkExportPath(const std::string& path) {
  if (core::isSnapshotPath(path) || core::isDatabasePath(path) || isPagePath(path)) return "";
  return fmt::format("expected a file name that ends in .html, .db, .sqlite, {}, found {}", core::kSnapshotExtensions,
                     path);
}

core::Status writeRun(const ReferredRun& run, const std::string& out, const core::SnapshotOptions& options) {
  if (isPagePath(out)) return writePage(run.trace, out, {tokenTextOf(run.trace)});
  if (core::isDatabasePath(out)) return core::writeDatabase(run.trace, out, run.isInterrupted());
  return core::writeSnapshot(run.trace, out, options);
}

Outcome runExport(const CLI::App& command, const ExportOptions& options) {
  if (const std::string problem = runRefProblem(options.run); !problem.empty()) return wrongUsage(command, problem);
  if (options.omitPrompt && !core::isSnapshotPath(options.out)) {
    return wrongUsage(command, "a page or a database is nothing without its tokens: --omit-prompt does not go with it");
  }
  TRY_ASSIGN(const ReferredRun run, openRun(options.run));
  const core::SnapshotOptions snapshot{!options.omitPrompt, run.extra};
  TRY_STATUS(writeRun(run, options.out, snapshot));
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
  auto* command = root.add_subcommand(
      "export", "Write a run to a file: .safetensors, .npz, .csv, .json, a page .html or a database .db");
  auto options = std::make_shared<ExportOptions>();
  addRunRef(*command, options->run);
  command->add_option("--out", options->out, "the file; its extension names the format")
      ->required()
      ->check(CLI::Validator(checkExportPath, ""));
  command->add_flag("--omit-prompt", options->omitPrompt, "leave the prompt's text and ids out");
  command->add_flag("--json", options->json, "print what was written as a JSON document");
  command->callback([=, &action] { action = [=] { return runExport(*command, *options); }; });
}

}  // namespace app
