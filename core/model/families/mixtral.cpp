// Mixtral: every layer routes; softmax over all experts, the best K, their scores divided by their sum.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-5, .ropeTheta = 1e6, .keyValueHeads = 8, .context = 131072};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  readWindow(config, 0, model);
  model.activation = readActivation(config);
  model.expertHidden = readHidden(config, "intermediate_size");
  readExperts(config, "num_local_experts", "num_experts", "num_experts_per_tok", 2, false, model);
  model.router.weights = WeightForm::Renorm;
  for (LayerConfig& layer : model.layer) layer.moe = true;
  return result;
}

}  // namespace

Family mixtralFamily() {
  return {"mixtral", {"mixtral"}, {"MixtralForCausalLM"}, read, joined({commonTensors(), mixtralTensors()})};
}

}  // namespace core
