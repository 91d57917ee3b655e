// `expertscope models`: what can be called by name.
#include "app/cli/command.h"
#include "app/cli/console.h"
#include "core/model/catalog.h"
#include "core/model/loader.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

using Json = nlohmann::json;

// What is known without running it; a model that does not open says why.
Json describe(const core::CatalogEntry& entry) {
  Json row = {{"name", entry.name}, {"path", entry.path.string()}, {"bundled", entry.bundled}, {"problem", nullptr}};
  const auto loaded = core::loadModel(entry.path, entry.name);
  if (!loaded) {
    row["problem"] = loaded.error().message;
    return row;
  }
  const core::Model& model = **loaded;
  const core::ModelConfig& config = model.config;
  row["hash"] = model.contentHash;
  row["family"] = config.family;
  row["layers"] = config.layers;
  row["width"] = config.width;
  row["experts"] = config.router.experts;
  row["experts_per_token"] = config.router.chosen;
  row["vocabulary"] = config.vocabulary;
  row["context"] = config.context > 0 ? Json(config.context) : Json(nullptr);
  row["bytes"] = model.storage ? Json(model.storage->fileBytes()) : Json(nullptr);
  row["tokenizer"] = model.tokenizer != nullptr;
  return row;
}

std::string line(const Json& row) {
  std::string out = padded(visibleText(row["name"].get<std::string>()), 24);
  if (row["problem"].is_string())
    return out + "does not open: " + visibleText(row["problem"].get<std::string>()) + "\n";
  const auto number = [&](const char* key) { return row[key].get<int64_t>(); };
  return out + fmt::format("{:<14} {:>3} layers  {:>3} experts, {} a token  width {:<5} context {:<7} {:.1f} MB{}\n",
                           row["family"].get<std::string>(), number("layers"), number("experts"),
                           number("experts_per_token"), number("width"),
                           row["context"].is_null() ? "-" : std::to_string(number("context")),
                           row["bytes"].is_null() ? 0.0 : static_cast<double>(number("bytes")) / 1e6,
                           row["bundled"].get<bool>() ? "  bundled" : "");
}

Outcome runModels(bool json) {
  Json document = startDocument("models");
  document["folder"] = core::userModelFolder().string();
  document["models"] = Json::array();
  for (const core::CatalogEntry& entry : core::modelCatalog()) document["models"].push_back(describe(entry));
  if (json) {
    TRY_STATUS(print(core::jsonText(document) + "\n"));
    return kDone;
  }
  for (const Json& row : document["models"]) TRY_STATUS(print(line(row)));
  if (!document["folder"].get<std::string>().empty()) {
    say(fmt::format("model folders put into {} are listed here too", document["folder"].get<std::string>()));
  }
  return kDone;
}

}  // namespace

void addModels(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("models", "List the models that can be called by name");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "print one JSON document");
  command->callback([=, &action] { action = [=] { return runModels(*json); }; });
}

}  // namespace app
