// OLMoE: every layer routes; raw softmax scores as weights unless norm_topk_prob; queries and keys are normed over
// their full width before they are cut into heads, then q, k and v may be clipped.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-5, .ropeTheta = 1e4, .keyValueHeads = 0, .context = 4096};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  model.attention.qkNorm = QkNorm::FullWidth;
  model.attention.qkNormEps = model.normEps;
  model.attention.clipQkv = config.positiveOr("clip_qkv", 0);
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
  model.activation = readActivation(config);
  model.expertHidden = readHidden(config, "intermediate_size");
  readExperts(config, "num_experts", "num_local_experts", "num_experts_per_tok", 8, false, model);
  const bool renorm = config.booleanOr("norm_topk_prob", false);
  model.router.weights = renorm ? WeightForm::Renorm : WeightForm::Raw;
  for (LayerConfig& layer : model.layer) layer.moe = true;
  if (renorm) {
    model.disagreements.push_back(
        "norm_topk_prob is true and is followed here; llama.cpp never renormalises this family");
  }
  if (config.has("sliding_window")) {
    model.disagreements.push_back("sliding_window is set; like transformers, this family attends to everything");
  }
  return result;
}

}  // namespace

Family olmoeFamily() {
  const std::vector<TensorRule> own = {
      {Role::QueryNorm, "model.layers.{l}.self_attn.q_norm.weight"},
      {Role::KeyNorm, "model.layers.{l}.self_attn.k_norm.weight"},
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
  };
  return {
      "olmoe",
      {"olmoe"},
      {"OlmoeForCausalLM"},
      read,
      joined({commonTensors(), own, separateExperts(),
              fusedExperts("model.layers.{l}.mlp.experts.gate_up_proj", "model.layers.{l}.mlp.experts.down_proj")})};
}

}  // namespace core
