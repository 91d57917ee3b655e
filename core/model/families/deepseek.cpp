// DeepSeekMoE (the first, 16B): leading dense layers, then many small experts and a few that every token uses. The
// shared ones lie in the file as one block, n_shared_experts times as wide as an expert, and are added without a gate.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .context = 2048};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  allowScalings(config, model, {RopeScaling::Linear, RopeScaling::Dynamic});
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
  model.activation = readActivation(config);
  if (config.has("n_routed_experts")) {
    readExperts(config, "n_routed_experts", "n_routed_experts", "num_experts_per_tok", 6, true, model);
  }
  readLeadingDense(config, 0, model);
  if (!routes(model)) return result;
  if (config.textOr("scoring_func", "softmax") != "softmax") config.expected("scoring_func", "\"softmax\"");
  model.expertHidden = readHidden(config, "moe_intermediate_size");
  readSharedBlock(config, 0, model);
  const bool renorm = config.booleanOr("norm_topk_prob", false) && model.router.chosen > 1;
  model.router.weights = renorm ? WeightForm::Renorm : WeightForm::Raw;
  if (renorm) {
    model.disagreements.push_back("norm_topk_prob is true and is followed here; llama.cpp ignores it");
  }
  return result;
}

}  // namespace

Family deepseekFamily() {
  const std::vector<TensorRule> own = {
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
      {Role::SharedGate, "model.layers.{l}.mlp.shared_experts.gate_proj.weight"},
      {Role::SharedUp, "model.layers.{l}.mlp.shared_experts.up_proj.weight"},
      {Role::SharedDown, "model.layers.{l}.mlp.shared_experts.down_proj.weight"},
  };
  return {"deepseek",
          {"deepseek"},
          {"DeepseekForCausalLM"},
          read,
          joined({commonTensors(), denseTensors(), own, separateExperts()})};
}

}  // namespace core
