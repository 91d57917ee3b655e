// Skywork-MoE: Mixtral's block, but every token's router logits are first brought to one spread, moe_gate_norm_std
// (see core/routing/logit_norm.h). num_experts is a list of one number; how many are chosen, 2, is not in the file.
#include <algorithm>

#include "core/model/families/shared.h"

namespace core {
namespace {

void readRouter(ConfigReader& config, ModelConfig& model) {
  const std::vector<int32_t> counts = config.tokenIds("num_experts");  // a number or a list of numbers
  const bool same = std::all_of(counts.begin(), counts.end(), [&](int32_t count) { return count == counts.front(); });
  if (counts.empty() || !same || counts.front() < 2 || counts.front() > kMaxExperts) {
    config.expected("num_experts", fmt::format("a number from 2 to {}, or a list of it", kMaxExperts));
    return;
  }
  RouterConfig& router = model.router;
  router.experts = counts.front();
  router.chosen = config.integerOr("num_experts_per_tok", 1, router.experts, 2);
  router.weights = WeightForm::Renorm;
  if (config.booleanOr("moe_use_logits_norm", false)) router.logitNorm = config.positiveOr("moe_gate_norm_std", 1);
  for (const std::string_view key : {"moe_2layer_gate", "moe_use_mixtral_gating"}) {
    if (config.booleanOr(key, false)) config.expected(key, "false, the only router of this family that is run");
  }
  if (!config.booleanOr("moe_feature_no_mul_topk", true)) {
    config.expected("moe_feature_no_mul_topk", "true, the only router of this family that is run");
  }
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .context = 2048};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  allowScalings(config, model, {RopeScaling::Linear, RopeScaling::Dynamic});
  model.activation = readActivation(config);
  model.expertHidden = readHidden(config, "intermediate_size");
  readRouter(config, model);
  if (config.integerOr("moe_expert_interval", 1, kMaxLayers, 1) != 1) {
    config.expected("moe_expert_interval", "1; layers without experts are not run for this family");
  }
  for (LayerConfig& layer : model.layer) layer.moe = true;
  return result;
}

}  // namespace

Family skyworkFamily() {
  const std::vector<TensorRule> own = {
      {Role::Router, "model.layers.{l}.block_sparse_moe.gate.weight"},
      {Role::ExpertGate, "model.layers.{l}.block_sparse_moe.experts.{e}.w1.weight"},
      {Role::ExpertDown, "model.layers.{l}.block_sparse_moe.experts.{e}.w2.weight"},
      {Role::ExpertUp, "model.layers.{l}.block_sparse_moe.experts.{e}.w3.weight"},
  };
  return {"skywork",
          {"skywork", "skywork_moe"},
          {"SkyworkForCausalLM", "SkyworkMoeForCausalLM"},
          read,
          joined({commonTensors(), own})};
}

}  // namespace core
