#include "core/model/inspect_model.h"

#include "core/model/describe.h"
#include "core/text/tokenizer.h"
#include "core/trace/run_info_json.h"

namespace core {

using Json = nlohmann::json;

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
  Json& tokenizer = document["tokenizer"];
  if (model.tokenizer) {
    tokenizer = {{"entries", model.tokenizer->vocabularySize()}, {"problem", nullptr}};
    result.lines.push_back(fmt::format("tokenizer     {} entries", model.tokenizer->vocabularySize()));
  } else {
    tokenizer = {{"entries", nullptr}, {"problem", model.tokenizerProblem}};
    result.lines.push_back("tokenizer     none: " + model.tokenizerProblem);
  }
}

}  // namespace core
