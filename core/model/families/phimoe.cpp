// PhiMoE (Phi-3.5-MoE): layer norms with biases, biases in attention and on the output matrix; two experts chosen by
// SparseMixer, whose weights come from two masked softmaxes and do not sum to 1; longrope with its own factors on cos
// and sin.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-5, .ropeTheta = 1e6, .keyValueHeads = 8, .context = 131072};
  readSizes(config, defaults, model);
  model.norm = NormKind::Layer;
  readAttention(config, defaults, model);
  allowScalings(config, model, {RopeScaling::LongRope});
  if (model.attention.rope.scaling == RopeScaling::LongRope) {
    model.disagreements.push_back(
        "past the original length the long factors are used, as in the published code; transformers 5 stays with the "
        "short ones");
  }
  readWindow(config, 0, model);
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
  result.headBias = config.booleanOr("lm_head_bias", false);
  model.activation = readActivation(config);
  model.expertHidden = readHidden(config, "intermediate_size");
  readExperts(config, "num_local_experts", "num_experts", "num_experts_per_tok", 2, false, model);
  if (model.router.chosen != 2) config.expected("num_experts_per_tok", "2, what the sparse mixer chooses");
  model.router.score = ScoreFunction::SparseMixer;
  model.router.sparseMixerJitter = config.notNegativeOr("router_jitter_noise", 0.01);
  for (LayerConfig& layer : model.layer) layer.moe = true;
  model.disagreements.push_back(
      "the choice and its weights are SparseMixer's, as in the published code; llama.cpp takes the softmax over all "
      "experts and divides the two best by their sum");
  model.disagreements.push_back(
      "norms remove the mean, as in the published code; llama.cpp runs them as RMS norms with a bias");
  return result;
}

}  // namespace

Family phimoeFamily() {
  const std::vector<TensorRule> own = {
      {Role::FinalNormBias, "model.norm.bias"},
      {Role::OutputMatrixBias, "lm_head.bias", Layout::OutIn, Part::Whole, When::HeadBias},
      {Role::InputNormBias, "model.layers.{l}.input_layernorm.bias"},
      {Role::BlockNormBias, "model.layers.{l}.post_attention_layernorm.bias"},
  };
  return {"phimoe",
          {"phimoe"},
          {"PhiMoEForCausalLM", "PhimoeForCausalLM"},
          read,
          joined({commonTensors(), own, mixtralTensors()})};
}

}  // namespace core
