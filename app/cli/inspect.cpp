// `expertscope inspect PATH`: what a model folder or one of its files holds, checked as strictly as when it is used.
#include "core/model/inspect.h"

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "core/model/catalog.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

Outcome runInspect(const std::string& path, bool json) {
  TRY_ASSIGN(const std::filesystem::path place, core::resolveModel(path));
  TRY_ASSIGN(const core::Inspection found, core::inspectPath(place));
  if (json) {
    nlohmann::json document = found.document;
    document.update(startDocument("inspect"));
    TRY_STATUS(print(core::jsonText(document) + "\n"));
    return kDone;
  }
  for (const std::string& line : found.lines) TRY_STATUS(print(visibleText(line) + "\n"));
  return kDone;
}

}  // namespace

void addInspect(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("inspect", "Check a model folder or one of its files and say what it holds");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("path", *path, "a model folder, a model's name, a .gguf, or one file of a model")->required();
  command->add_flag("--json", *json, "print one JSON document");
  command->callback([=, &action] { action = [=] { return runInspect(*path, *json); }; });
}

}  // namespace app
