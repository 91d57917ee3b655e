// `expertscope route SPEC.json`: one routing method on given numbers, without a model.
#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/input.h"
#include "core/base/json.h"
#include "core/base/version.h"
#include "core/routing/spec.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

Outcome runRoute(const std::string& file) {
  TRY_ASSIGN(const std::string text, readInput(file, kMaxDocumentBytes));
  core::JsonLimits limits;
  limits.bytes = std::max(limits.bytes, 40 * text.size());  // bounded by the size of the file; short numbers grow most
  TRY_ASSIGN(const nlohmann::json spec, core::parseJson(text, file, limits));
  const auto answer = core::routeSpec(spec);
  if (!answer) return core::failAt(file, answer.error());
  nlohmann::json document = *answer;
  document["program_version"] = core::version();
  TRY_STATUS(print(core::jsonText(document) + "\n"));
  return kDone;
}

}  // namespace

void addRoute(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("route", "Compute a routing method on given numbers, by a specification");
  auto file = std::make_shared<std::string>();
  std::string names;
  for (const std::string_view name : core::routeMethods()) names += (names.empty() ? "" : ", ") + std::string(name);
  command->add_option("spec", *file, "a JSON file {\"method\": ..., \"cases\": [...]}; - is standard input")
      ->required();
  auto json = std::make_shared<bool>(true);
  command->add_flag("--json", *json, "accepted everywhere; here the output is always JSON");
  command->footer("Methods: " + names + ".");
  command->callback([file, json, &action] { action = [file] { return runRoute(*file); }; });
}

}  // namespace app
