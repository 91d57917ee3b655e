// gpt-oss: the best K logits (a bias included), a softmax over those alone; a clamped SwiGLU; biases on every matrix;
// every other layer sees a window; each head has a sink, a learned logit that takes its share of the softmax and gives
// nothing back. Gate and up of an expert lie row by row between each other. Published experts are in
// MXFP4.
#include "core/model/families/shared.h"

namespace core {
namespace {

constexpr double kLimit = 7;  // of Activation::ClampedSwiGlu

void readWindows(ConfigReader& config, ModelConfig& model) {
  const int window = config.integerOr("sliding_window", 1, 1 << 30, 128);
  const std::vector<std::string> types = config.textsOr("layer_types");
  if (!types.empty() && types.size() != model.layer.size()) {
    config.expected("layer_types", fmt::format("one entry for each of {} layers", model.layers));
    return;
  }
  for (size_t l = 0; l < model.layer.size(); ++l) {
    const std::string type = !types.empty() ? types[l] : l % 2 == 0 ? "sliding_attention" : "full_attention";
    if (type == "sliding_attention") {
      model.layer[l].window = window;
    } else if (type != "full_attention") {
      config.problem("layer_types",
                     fmt::format("expected full_attention or sliding_attention, found \"{}\" for layer {}",
                                 type.substr(0, 60), l));
    }
  }
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-5, .ropeTheta = 150000, .keyValueHeads = 8, .context = 131072};
  readSizes(config, defaults, model);
  if (!config.has("head_dim")) config.expected("head_dim", "a whole number");
  if (!config.has("rope_scaling") && !config.has("rope_parameters")) config.expected("rope_scaling", "an object");
  readAttention(config, defaults, model);
  model.attention.sinks = true;
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", true);
  readWindows(config, model);
  if (config.positiveOr("swiglu_limit", kLimit) != kLimit)
    config.expected("swiglu_limit", "7, the only one that is run");
  if (config.textOr("hidden_act", "silu") != "silu") config.expected("hidden_act", "\"silu\"");
  model.activation = Activation::ClampedSwiGlu;
  model.expertHidden = readHidden(config, "intermediate_size");
  readExperts(config, "num_local_experts", "num_experts", "num_experts_per_tok", 4, false, model);
  model.router.bias = true;
  model.router.score = ScoreFunction::None;
  model.router.weights = WeightForm::SoftmaxTopK;
  for (LayerConfig& layer : model.layer) layer.moe = true;
  return result;
}

}  // namespace

Family gptOssFamily() {
  const std::vector<TensorRule> own = {
      {Role::Sinks, "model.layers.{l}.self_attn.sinks"},
      {Role::Router, "model.layers.{l}.mlp.router.weight"},
      {Role::RouterBias, "model.layers.{l}.mlp.router.bias"},
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.gate_up_proj", Layout::InOut, Part::Even},
      {Role::ExpertGateBias, "model.layers.{l}.mlp.experts.gate_up_proj_bias", Layout::OutIn, Part::Even},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.gate_up_proj", Layout::InOut, Part::Odd},
      {Role::ExpertUpBias, "model.layers.{l}.mlp.experts.gate_up_proj_bias", Layout::OutIn, Part::Odd},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.down_proj", Layout::InOut},
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.gate_up_proj_blocks", Layout::Mxfp4, Part::Even},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.gate_up_proj_blocks", Layout::Mxfp4, Part::Odd},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.down_proj_blocks", Layout::Mxfp4},
      {Role::ExpertDownBias, "model.layers.{l}.mlp.experts.down_proj_bias"},
  };
  return {"gpt_oss", {"gpt_oss"}, {"GptOssForCausalLM"}, read, joined({commonTensors(), own})};
}

}  // namespace core
