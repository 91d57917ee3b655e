// DeepSeek-V2 and V2-Lite: latent attention; a softmax over all experts, of which the best K are taken, or the best K
// of the best groups (a group counts as its best expert); shared experts beside them; leading dense layers. V2 squeezes
// its queries as well, V2-Lite does not (q_lora_rank null).
#include "core/model/families/deepseek_latent.h"

namespace core {
namespace {

void readChoice(ConfigReader& config, ModelConfig& model) {
  RouterConfig& router = model.router;
  if (config.textOr("scoring_func", "softmax") != "softmax") config.expected("scoring_func", "\"softmax\"");
  const std::string method = config.textOr("topk_method", "greedy");
  if (method == "group_limited_greedy") {
    readGroups(config, 1, 1, GroupScore::Max, model);
  } else if (method != "greedy") {
    config.expected("topk_method", "greedy or group_limited_greedy");
  }
  if (router.groups > 1) {
    model.disagreements.push_back(
        "a group counts as its best expert, as in the published code; llama.cpp takes the sum of its two best, as V3 "
        "does, and may choose other groups");
  }
  // The published code scales only weights that it does not divide by their sum.
  const double scale = config.positiveOr("routed_scaling_factor", 1);
  if (config.booleanOr("norm_topk_prob", false) && router.chosen > 1) {
    router.weights = WeightForm::Renorm;
    model.disagreements.push_back(
        "norm_topk_prob is true: weights are divided by their sum and not scaled, as in the published code; "
        "transformers ignores the key and scales");
  } else {
    router.scale = scale;
  }
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .context = 2048};
  readSizes(config, defaults, model);
  readLatentAttention(config, defaults, RopeLayout::Interleaved, result);
  if (model.attention.rope.scaling != RopeScaling::None && model.attention.rope.mscaleAllDim > 0) {
    model.disagreements.push_back(
        "attention logits are multiplied by yarn's mscale squared, as in the published code; earlier versions of "
        "transformers' own V2 leave that out");
  }
  model.activation = readActivation(config);
  if (config.booleanOr("mlp_bias", false)) config.expected("mlp_bias", "false, the only one that is run");
  if (!config.isNull("n_routed_experts")) {  // null: a dense model
    readExperts(config, "n_routed_experts", "num_local_experts", "num_experts_per_tok", 0, true, model);
    if (model.router.experts > 0 && model.router.chosen == 0) config.expected("num_experts_per_tok", "a whole number");
  }
  readLeadingDense(config, 0, model);
  if (!routes(model)) return result;
  model.expertHidden = readHidden(config, "moe_intermediate_size");
  readSharedBlock(config, 2, model);
  readChoice(config, model);
  return result;
}

}  // namespace

Family deepseekV2Family() {
  return {
      "deepseek_v2",
      {"deepseek_v2"},
      {"DeepseekV2ForCausalLM"},
      read,
      joined({latentTensors(), denseTensors(), separateExperts(),
              fusedExperts("model.layers.{l}.mlp.experts.gate_up_proj", "model.layers.{l}.mlp.experts.down_proj")})};
}

}  // namespace core
