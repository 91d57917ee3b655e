// MiniCPM and MiniCPM-MoE: the embedding is multiplied by scale_emb, whatever attention and block add to the stream by
// scale_depth / sqrt(layers), and the last hidden state is divided by hidden_size / dim_model_base. With num_experts
// every layer routes, weights over their sum. Embedding and output are one matrix unless the file says otherwise.
#include <algorithm>
#include <cmath>

#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .context = 2048};
  readSizes(config, defaults, model);
  model.tiedEmbeddings = config.booleanOr("tie_word_embeddings", true);
  readAttention(config, defaults, model);
  allowScalings(config, model, {RopeScaling::Linear, RopeScaling::Dynamic});
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
  model.activation = readActivation(config);
  if (config.has("num_experts")) {
    readExperts(config, "num_experts", "num_experts", "num_experts_per_tok", 2, true, model);
  }
  for (LayerConfig& layer : model.layer) layer.moe = model.router.experts > 0;
  readDenseHidden(config, model);
  if (routes(model)) model.expertHidden = readHidden(config, "intermediate_size");
  model.router.weights = WeightForm::Renorm;
  model.embeddingScale = config.positiveOr("scale_emb", 1);
  model.residualScale = config.positiveOr("scale_depth", 1) / std::sqrt(static_cast<double>(std::max(model.layers, 1)));
  model.logitScale = config.positiveOr("dim_model_base", 1) / std::max(model.width, 1);
  return result;
}

}  // namespace

Family minicpmFamily() {
  const std::vector<TensorRule> own = {
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.{e}.w1.weight"},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.{e}.w2.weight"},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.{e}.w3.weight"},
  };
  return {"minicpm", {"minicpm"}, {"MiniCPMForCausalLM"}, read, joined({commonTensors(), denseTensors(), own})};
}

}  // namespace core
