// Grok-1, in the layouts of its two ports to PyTorch: four norms a layer (before and after attention, before and after
// the experts), attention logits capped by 30 tanh(x / 30), raw softmax scores as weights, multipliers of the
// embedding, of q . k and of the logits. Where the ports differ from the original JAX code, the original decides.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-5, .ropeTheta = 1e4, .context = 8192};
  readSizes(config, defaults, model);
  model.tiedEmbeddings = config.booleanOr("tie_word_embeddings", true);
  readAttention(config, defaults, model);
  allowScalings(config, model, {});
  model.attention.scale = config.positiveOr("attn_output_multiplier", 0.08838834764831845);
  model.attention.logitCap = config.positiveOr("max_attn_value", 30);
  model.postNorms = true;
  if (config.textOr("hidden_act", "gelu") != "gelu") readActivation(config);
  model.activation = Activation::GeGluTanh;
  model.expertHidden = readHidden(config, "intermediate_size");
  readExperts(config, "num_experts", "num_local_experts", "num_experts_per_tok", 2, false, model);
  for (LayerConfig& layer : model.layer) layer.moe = true;
  model.embeddingScale = config.positiveOr("embedding_multiplier_scale", 78.38367176906169);
  model.logitScale = config.positiveOr("output_multiplier_scale", 0.5773502691896257);
  model.disagreements.push_back(
      "GELU is the tanh form of the original code; its ports to PyTorch compute the exact one, which moves the logits "
      "by up to some hundredths");
  model.disagreements.push_back(
      "weights are the raw scores, as in the original code; llama.cpp divides them by their sum, which the last norm "
      "hides from the logits");
  return result;
}

}  // namespace

Family grok1Family() {
  const std::vector<TensorRule> ends = {
      {Role::Embedding, "model.embed_tokens.weight"}, {Role::Embedding, "transformer.in_out_embed.weight"},
      {Role::FinalNorm, "model.norm.scale"},          {Role::FinalNorm, "transformer.rms_norm.weight"},
      {Role::OutputMatrix, "lm_head.weight"},
  };
  // hpcai-tech/grok-1
  const std::vector<TensorRule> named = {
      {Role::InputNorm, "model.layers.{l}.pre_attn_norm.scale"},
      {Role::Query, "model.layers.{l}.attn.q_proj.weight"},
      {Role::Key, "model.layers.{l}.attn.k_proj.weight"},
      {Role::Value, "model.layers.{l}.attn.v_proj.weight"},
      {Role::AttentionOutput, "model.layers.{l}.attn.o_proj.weight"},
      {Role::AttentionPostNorm, "model.layers.{l}.post_attn_norm.scale"},
      {Role::BlockNorm, "model.layers.{l}.pre_moe_norm.scale"},
      {Role::Router, "model.layers.{l}.moe_block.gate.weight"},
      {Role::ExpertGate, "model.layers.{l}.moe_block.experts.{e}.linear.weight"},
      {Role::ExpertUp, "model.layers.{l}.moe_block.experts.{e}.linear_v.weight"},
      {Role::ExpertDown, "model.layers.{l}.moe_block.experts.{e}.linear_1.weight"},
      {Role::BlockPostNorm, "model.layers.{l}.post_moe_norm.scale"},
  };
  // keyfan/grok-1-hf: the names of the original
  const std::vector<TensorRule> original = {
      {Role::InputNorm, "transformer.decoder_layer.{l}.rms_norm.weight"},
      {Role::Query, "transformer.decoder_layer.{l}.multi_head_attention.query.weight"},
      {Role::Key, "transformer.decoder_layer.{l}.multi_head_attention.key.weight"},
      {Role::Value, "transformer.decoder_layer.{l}.multi_head_attention.value.weight"},
      {Role::AttentionOutput, "transformer.decoder_layer.{l}.multi_head_attention.linear.weight"},
      {Role::AttentionPostNorm, "transformer.decoder_layer.{l}.rms_norm_1.weight"},
      {Role::BlockNorm, "transformer.decoder_layer.{l}.rms_norm_2.weight"},
      {Role::Router, "transformer.decoder_layer.{l}.router.weight"},
      {Role::ExpertGate, "transformer.decoder_layer.{l}.moe.{e}.linear.weight"},
      {Role::ExpertUp, "transformer.decoder_layer.{l}.moe.{e}.linear_v.weight"},
      {Role::ExpertDown, "transformer.decoder_layer.{l}.moe.{e}.linear_1.weight"},
      {Role::BlockPostNorm, "transformer.decoder_layer.{l}.rms_norm_3.weight"},
  };
  return {"grok1",
          {"grok-1", "grok1", "grok"},
          {"Grok1ModelForCausalLM", "GrokForCausalLM"},
          read,
          joined({ends, named, original})};
}

}  // namespace core
