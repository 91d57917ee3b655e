// JetMoE: two routers a layer. Attention is routed too: each of its experts holds a query and an output projection of G
// heads, keys and values are shared by all experts, so a token attends with K * G heads and query head a meets
// key/value head a % G. Both routers choose the best K logits and weigh by a softmax over those alone (no score before
// the choice). A bias follows the sum of the attention experts, another one the sum of the block's experts.
#include <algorithm>
#include <cmath>

#include "core/model/families/shared.h"

namespace core {
namespace {

void readHeads(ConfigReader& config, ModelConfig& model) {
  AttentionConfig& attention = model.attention;
  attention.keyValueHeads = config.integerOr("num_key_value_heads", 1, 1 << 14, 16);
  attention.headDim = config.integerOr("kv_channels", 1, kMaxWidth, 128);
  attention.heads = attention.keyValueHeads * std::min(model.router.chosen, 1 << 14);
  attention.tiledKeyValues = true;
  if (config.has("num_attention_heads") && config.integer("num_attention_heads", 1, 1 << 28) != attention.heads) {
    config.expected("num_attention_heads", fmt::format("{}, key/value heads times chosen experts", attention.heads));
  }
  checkHeads(config, "kv_channels", attention);
  if (config.failed()) return;
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.headDim));
  readRope(config, {.ropeTheta = 1e4}, model);
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  readSizes(config, {.normEps = 1e-6, .context = 4096}, model);
  model.tiedEmbeddings = config.booleanOr("tie_word_embeddings", true);
  model.finalNormEps = model.normEps;
  model.normEps = 1e-6;
  model.activation = readActivation(config, "activation_function");
  const std::string_view chosen = config.has("moe_top_k") ? "moe_top_k" : "num_experts_per_tok";
  readExperts(config, "num_local_experts", "moe_num_experts", chosen, 2, false, model);
  model.expertHidden = readHidden(config, config.has("ffn_hidden_size") ? "ffn_hidden_size" : "intermediate_size");
  model.router.score = ScoreFunction::None;
  model.router.weights = WeightForm::SoftmaxTopK;
  model.attentionRouter = model.router;
  for (LayerConfig& layer : model.layer) layer.moe = true;
  if (config.failed()) return result;
  readHeads(config, model);
  model.routedBias = true;
  if (model.finalNormEps != model.normEps) {
    model.disagreements.push_back(
        "rms_norm_eps is that of the last norm alone; the norms of the layers keep 1e-6, as in transformers");
  }
  return result;
}

}  // namespace

Family jetMoeFamily() {
  const std::vector<TensorRule> own = {
      {Role::Embedding, "model.embed_tokens.weight"},
      {Role::FinalNorm, "model.norm.weight"},
      {Role::OutputMatrix, "lm_head.weight"},
      {Role::InputNorm, "model.layers.{l}.input_layernorm.weight"},
      {Role::AttentionRouter, "model.layers.{l}.self_attention.experts.router.layer.weight"},
      {Role::AttentionExpertQuery, "model.layers.{l}.self_attention.experts.input_linear.weight"},
      {Role::AttentionExpertOutput, "model.layers.{l}.self_attention.experts.output_linear.weight"},
      {Role::AttentionOutputBias, "model.layers.{l}.self_attention.experts.bias"},
      {Role::Key, "model.layers.{l}.self_attention.kv_proj.weight", Layout::OutIn, Part::FirstHalf},
      {Role::Value, "model.layers.{l}.self_attention.kv_proj.weight", Layout::OutIn, Part::SecondHalf},
      {Role::BlockNorm, "model.layers.{l}.post_attention_layernorm.weight"},
      {Role::Router, "model.layers.{l}.mlp.router.layer.weight"},
      {Role::RoutedBias, "model.layers.{l}.mlp.bias"},
  };
  return {"jetmoe",
          {"jetmoe"},
          {"JetMoeForCausalLM", "JetMoEForCausalLM"},
          read,
          joined({own, fusedExperts("model.layers.{l}.mlp.input_linear.weight",
                                    "model.layers.{l}.mlp.output_linear.weight")})};
}

}  // namespace core
