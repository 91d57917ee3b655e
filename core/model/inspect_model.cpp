#include "core/model/inspect_model.h"

#include <algorithm>

#include "core/model/cost.h"
#include "core/model/describe.h"
#include "core/text/chat.h"
#include "core/text/tokenizer.h"
#include "core/trace/run_info_json.h"

namespace core {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

void addCost(const Model& model, Inspection& result) {
  const ModelCost cost = costOf(model);
  result.document["cost"] = {{"file_bytes", cost.fileBytes},
                             {"common_bytes", cost.commonBytes},
                             {"expert_bytes", cost.expertBytes},
                             {"chosen_expert_bytes", cost.chosenBytes},
                             {"bytes_per_token", cost.bytesPerToken()},
                             {"context_bytes_per_token", cost.contextBytes}};
  result.lines.push_back("costs         " + describeCost(cost, 0).front());
}

// The template is shown as it is, never executed.
void addChat(const fs::path& folder, Inspection& result) {
  Json& chat = result.document["chat_template"];
  const Result<std::optional<ChatTemplate>> found = readChatTemplate(folder);
  if (!found) {
    chat = {{"problem", found.error().message}};
    result.lines.push_back("chat          the template cannot be shown: " + found.error().message);
    return;
  }
  if (!*found) return;
  const ChatTemplate& shown = **found;
  const ChatWrapper* like = wrapperLike(shown.text);
  chat = {{"file", shown.file},
          {"text", shown.text},
          {"names", shown.names},
          {"like", like ? Json(like->name) : Json()},
          {"problem", nullptr}};
  result.lines.push_back(fmt::format("chat          a template in {}, shown and not executed{}", shown.file,
                                     like ? fmt::format("; --chat {} is of its form", like->name) : ""));
  for (size_t begin = 0; begin < shown.text.size();) {
    const size_t end = std::min(shown.text.find('\n', begin), shown.text.size());
    result.lines.push_back("template      " + shown.text.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

void addConfig(const ModelConfig& config, Inspection& result) {
  Json& document = result.document;
  document["family"] = config.family;
  document["architecture"] = config.architecture;
  document["config"] = toJson(config);
  document["runs"] = describeRun(config);
  document["disagreements"] = config.disagreements;
  document["layers"] = Json::array();
  result.lines.push_back(fmt::format("family        {} ({})", config.family, config.architecture));
  result.lines.push_back(fmt::format("sizes         width {}, {} layers, vocabulary {}, context {}", config.width,
                                     config.layers, config.vocabulary, config.context));
  for (const std::string& line : describeRun(config)) result.lines.push_back("runs          " + line);
  for (int l = 0; l < config.layers; ++l) {
    const LayerConfig& layer = config.layer[static_cast<size_t>(l)];
    const std::string text = describeLayer(config, l);
    document["layers"].push_back({{"layer", l},
                                  {"kind", layer.moe ? "moe" : "dense"},
                                  {"window", layer.window > 0 ? Json(layer.window) : Json()},
                                  {"hidden", layer.moe ? config.expertHidden : layer.denseHidden},
                                  {"text", text}});
    result.lines.push_back(fmt::format("layer {:<8}{}", l, text));
  }
  for (const std::string& line : config.disagreements) result.lines.push_back("differs       " + line);
}

void addModel(const Model& model, Inspection& result) {
  const ParameterCount parameters = countParameters(model);
  Json& document = result.document;
  document["name"] = model.name;
  document["hash"] = model.contentHash;
  document["bytes"] = model.storage->fileBytes();
  document["parameters"] = {{"total", parameters.total}, {"active", parameters.active}};
  result.lines.push_back(fmt::format("model         {}", model.name));
  result.lines.push_back(fmt::format("hash          {}", model.contentHash));
  result.lines.push_back(fmt::format("parameters    {} in {} bytes, {} used for a token", parameters.total,
                                     model.storage->fileBytes(), parameters.active));
  addConfig(model.config, result);
  addCost(model, result);
  Json& tokenizer = document["tokenizer"];
  if (model.tokenizer) {
    tokenizer = {{"entries", model.tokenizer->vocabularySize()}, {"problem", nullptr}};
    result.lines.push_back(fmt::format("tokenizer     {} entries", model.tokenizer->vocabularySize()));
  } else {
    tokenizer = {{"entries", nullptr}, {"problem", model.tokenizerProblem}};
    result.lines.push_back("tokenizer     none: " + model.tokenizerProblem);
  }
  std::error_code ignored;
  if (fs::is_directory(model.path, ignored)) addChat(model.path, result);
}

}  // namespace core
