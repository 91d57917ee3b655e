// GraniteMoE, and the same with a shared expert: every layer routes, the best K logits, a softmax over those alone as
// weights (so there is no score before the choice). Four multipliers: of the embedding, of what is added to the stream,
// of q . k (instead of 1/sqrt(P)), and a divisor of the logits. Gate and up of an expert lie in one tensor.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .context = 2048};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  model.attention.scale = config.positiveOr("attention_multiplier", 1);
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
  model.activation = readActivation(config);
  model.expertHidden = readHidden(config, "intermediate_size");
  readExperts(config, "num_local_experts", "num_experts", "num_experts_per_tok", 2, false, model);
  model.router.score = ScoreFunction::None;
  model.router.weights = WeightForm::SoftmaxTopK;
  for (LayerConfig& layer : model.layer) layer.moe = true;
  model.embeddingScale = config.positiveOr("embedding_multiplier", 1);
  model.residualScale = config.positiveOr("residual_multiplier", 1);
  model.logitScale = 1 / config.positiveOr("logits_scaling", 1);
  if (model.residualScale != 1) {
    model.disagreements.push_back(
        "what routed and shared experts give is recorded before residual_multiplier from a folder, as transformers has "
        "it, and times residual_multiplier from a GGUF file, as llama.cpp has it; what enters the stream is the same");
  }
  return result;
}

FamilyConfig readShared(ConfigReader& config) {
  FamilyConfig result = read(config);
  ModelConfig& model = result.model;
  model.sharedHidden =
      readWidth(config, "shared_intermediate_size", config.integerOr("shared_intermediate_size", 0, 1 << 30, 1024));
  if (model.sharedHidden > 0) model.shared = SharedExpert::Summed;
  return result;
}

std::vector<TensorRule> tensors() {
  const std::vector<TensorRule> router = {{Role::Router, "model.layers.{l}.block_sparse_moe.router.layer.weight"}};
  return joined({commonTensors(), router,
                 fusedExperts("model.layers.{l}.block_sparse_moe.input_linear.weight",
                              "model.layers.{l}.block_sparse_moe.output_linear.weight")});
}

}  // namespace

Family graniteMoeFamily() { return {"granitemoe", {"granitemoe"}, {"GraniteMoeForCausalLM"}, read, tensors()}; }

Family graniteMoeSharedFamily() {
  const std::vector<TensorRule> shared = {
      {Role::SharedGate, "model.layers.{l}.shared_mlp.input_linear.weight", Layout::OutIn, Part::FirstHalf},
      {Role::SharedUp, "model.layers.{l}.shared_mlp.input_linear.weight", Layout::OutIn, Part::SecondHalf},
      {Role::SharedDown, "model.layers.{l}.shared_mlp.output_linear.weight"},
  };
  return {"granitemoeshared",
          {"granitemoeshared"},
          {"GraniteMoeSharedForCausalLM"},
          readShared,
          joined({tensors(), shared})};
}

}  // namespace core
