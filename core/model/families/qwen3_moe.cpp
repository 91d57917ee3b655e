// Qwen3-MoE: queries and keys are normed head by head before they turn; no shared expert; weights over their sum where
// norm_topk_prob says so. transformers 5 calls the number of experts num_local_experts, published files num_experts.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .keyValueHeads = 4, .context = 32768};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  model.attention.qkNorm = QkNorm::PerHead;
  model.attention.qkNormEps = model.normEps;
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
  model.activation = readActivation(config);
  readExperts(config, "num_experts", "num_local_experts", "num_experts_per_tok", 8, true, model);
  readSparseLayers(config, model);
  if (routes(model)) model.expertHidden = readHidden(config, "moe_intermediate_size");
  if (config.booleanOr("use_sliding_window", false)) {
    readWindow(config, 4096, model);
    model.disagreements.push_back(
        "every layer has the window, as in transformers 5; its versions 4 leave out the layers below "
        "max_window_layers");
  }
  const bool renorm = config.booleanOr("norm_topk_prob", false);
  model.router.weights = renorm ? WeightForm::Renorm : WeightForm::Raw;
  if (!renorm && routes(model)) {
    model.disagreements.push_back("norm_topk_prob is not true and is followed here; llama.cpp always renormalises");
  }
  return result;
}

}  // namespace

Family qwen3MoeFamily() {
  const std::vector<TensorRule> own = {
      {Role::QueryNorm, "model.layers.{l}.self_attn.q_norm.weight"},
      {Role::KeyNorm, "model.layers.{l}.self_attn.k_norm.weight"},
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
  };
  return {
      "qwen3_moe",
      {"qwen3_moe"},
      {"Qwen3MoeForCausalLM"},
      read,
      joined({commonTensors(), denseTensors(), own, separateExperts(),
              fusedExperts("model.layers.{l}.mlp.experts.gate_up_proj", "model.layers.{l}.mlp.experts.down_proj")})};
}

}  // namespace core
