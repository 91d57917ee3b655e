// Mistral: dense, with a sliding window in every layer (4096 tokens where the file is silent, as in transformers).
#include <algorithm>

#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .keyValueHeads = 8, .context = 131072};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  readWindow(config, 4096, model);
  model.activation = readActivation(config);
  const int hidden = readHidden(config, "intermediate_size");
  for (LayerConfig& layer : model.layer) layer.denseHidden = hidden;
  const std::vector<std::string> types = config.textsOr("layer_types");
  if (std::find(types.begin(), types.end(), "full_attention") != types.end() && model.layer[0].window > 0) {
    model.disagreements.push_back(
        "layer_types names layers with full attention; like transformers' Mistral, every layer keeps the window");
  }
  return result;
}

}  // namespace

Family mistralFamily() {
  return {"mistral", {"mistral"}, {"MistralForCausalLM"}, read, joined({commonTensors(), denseTensors()})};
}

}  // namespace core
