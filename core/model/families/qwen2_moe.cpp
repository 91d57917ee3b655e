// Qwen1.5-MoE and Qwen2-MoE: some layers may stay dense; a shared expert beside the routed ones, times a sigmoid gate
// of its own; raw softmax scores as weights unless norm_topk_prob.
#include "core/model/families/shared.h"

namespace core {
namespace {

// Where layer_types is absent, transformers 5 gives the window to every other layer below max_window_layers.
void readWindows(ConfigReader& config, ModelConfig& model) {
  const bool on = config.booleanOr("use_sliding_window", false);
  const std::vector<std::string> types = config.textsOr("layer_types");
  if (!types.empty() && types.size() != model.layer.size()) {
    config.expected("layer_types", fmt::format("one entry for each of {} layers", model.layers));
    return;
  }
  const int below = config.integerOr("max_window_layers", 0, 1 << 30, 28);
  if (on && config.isNull("sliding_window"))
    config.expected("sliding_window", "a whole number, since use_sliding_window is true");
  const int window = on ? config.integerOr("sliding_window", 1, 1 << 30, 4096) : 0;
  for (int l = 0; l < model.layers; ++l) {
    const auto i = static_cast<size_t>(l);
    if (types.empty()) {
      model.layer[i].window = l % 2 == 0 && l < below ? window : 0;
    } else if (types[i] == "sliding_attention") {
      if (!on)
        config.problem("layer_types",
                       fmt::format("layer {} is sliding_attention, but use_sliding_window is not true", l));
      model.layer[i].window = window;
    } else if (types[i] != "full_attention") {
      config.problem("layer_types",
                     fmt::format("expected full_attention or sliding_attention, found \"{}\" for layer {}",
                                 types[i].substr(0, 60), l));
    }
  }
  if (on && types.empty()) {
    model.disagreements.push_back(
        "the window is in layers 0, 2, ... below max_window_layers, as in transformers 5; its versions 4 and llama.cpp "
        "choose other layers");
  }
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .keyValueHeads = 16, .context = 32768};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  result.qkvBias = config.booleanOr("qkv_bias", true);
  model.activation = readActivation(config);
  readExperts(config, "num_experts", "num_local_experts", "num_experts_per_tok", 4, true, model);
  readSparseLayers(config, model);
  readWindows(config, model);
  if (routes(model)) {
    model.expertHidden = readHidden(config, "moe_intermediate_size");
    model.sharedHidden = readHidden(config, "shared_expert_intermediate_size");
    model.shared = SharedExpert::Gated;
  }
  const bool renorm = config.booleanOr("norm_topk_prob", false);
  model.router.weights = renorm ? WeightForm::Renorm : WeightForm::Raw;
  if (renorm) {
    model.disagreements.push_back(
        "norm_topk_prob is true and is followed here; llama.cpp never renormalises this family");
  }
  return result;
}

}  // namespace

Family qwen2MoeFamily() {
  const std::vector<TensorRule> own = {
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
      {Role::SharedGate, "model.layers.{l}.mlp.shared_expert.gate_proj.weight"},
      {Role::SharedUp, "model.layers.{l}.mlp.shared_expert.up_proj.weight"},
      {Role::SharedDown, "model.layers.{l}.mlp.shared_expert.down_proj.weight"},
      {Role::SharedMix, "model.layers.{l}.mlp.shared_expert_gate.weight"},
  };
  return {
      "qwen2_moe",
      {"qwen2_moe"},
      {"Qwen2MoeForCausalLM"},
      read,
      joined({commonTensors(), denseTensors(), own, separateExperts(),
              fusedExperts("model.layers.{l}.mlp.experts.gate_up_proj", "model.layers.{l}.mlp.experts.down_proj")})};
}

}  // namespace core
