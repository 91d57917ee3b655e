// Yuan2.0-M32. Router: the experts of one token attend to each other before the choice
// (core/routing/attention_router.h). Attention: queries and keys come from a filtered input (two causal convolutions of
// kernel 2), values from the input itself; what q_proj and k_proj give is laid one under the other and cut into a piece
// a head, so that the first half of the heads takes queries and keys from q_proj alone; heads may be wider than D/A,
// and only the first D/A features turn.
#include <cmath>

#include "core/model/families/shared.h"

namespace core {
namespace {

void readHeads(ConfigReader& config, ModelConfig& model) {
  AttentionConfig& attention = model.attention;
  attention.heads = attention.keyValueHeads = config.integer("num_attention_heads", 1, kMaxWidth);
  const int turning = model.width / attention.heads;
  const int projected = config.integerOr("attention_projection_size", 1, 8 * kMaxWidth, attention.heads * turning);
  attention.headDim = projected / attention.heads;
  if (projected % attention.heads != 0 || attention.headDim < turning) {
    config.problem("attention_projection_size",
                   fmt::format("expected a multiple of num_attention_heads, {}, of at least {}, found {}",
                               attention.heads, attention.heads * turning, projected));
  }
  if (turning % 2 != 0) {
    config.problem("num_attention_heads",
                   fmt::format("expected hidden_size over heads to be even, for rotation, found {} over {}",
                               model.width, attention.heads));
  }
  checkHeads(config, "attention_projection_size", attention);
  if (config.failed()) return;
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.headDim));
  attention.localFilter = true;
  attention.rope.dimensions = turning;
  if (config.booleanOr("use_shareqk", false)) config.expected("use_shareqk", "false, the only attention that is run");
}

void readRouter(ConfigReader& config, ModelConfig& model) {
  RouterConfig& router = model.router;
  router.chosen = config.integer("moe_top_k", 1, router.experts);
  router.attentionLogits = true;
  router.weights = config.booleanOr("norm_topk_prob", true) ? WeightForm::Renorm : WeightForm::Raw;
  model.expertHidden = readHidden(config, "ffn_hidden_size");
  if (config.textOr("router_type", "attn_router") != "attn_router") {
    config.expected("router_type", "attn_router, the only router of this family that is run");
  }
  if (!config.booleanOr("gated_linear_unit", true)) {
    config.expected("gated_linear_unit", "true, the only experts of this family that are run");
  }
  for (LayerConfig& layer : model.layer) layer.moe = true;
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  readSizes(config, {.normEps = 1e-6, .context = 8192}, model);
  model.tiedEmbeddings = config.booleanOr("tie_word_embeddings", true);
  readHeads(config, model);
  result.headsHoldQueryAndKey = true;
  model.activation = readActivation(config);
  std::optional<ConfigReader> moe = config.objectOr("moe_config");
  if (!moe) {
    config.problem("moe_config",
                   "expected an object, found nothing; models without experts of this family are not run");
    return result;
  }
  model.router.experts = moe->integer("moe_num_experts", 0, kMaxExperts);
  if (model.router.experts > 0) {
    readRouter(*moe, model);
  } else {
    readDenseHidden(config, model);
  }
  model.disagreements.push_back(
      "rotary angles are computed in float32, as in the authors' Megatron and vLLM code; a Hugging Face file of theirs "
      "rounds the frequencies to bfloat16, which changes results");
  if (config.booleanOr("reset_attention_mask", false) || config.booleanOr("reset_position_ids", false)) {
    model.disagreements.push_back(
        "reset_attention_mask or reset_position_ids is true: the original then hides what stands before an "
        "end-of-document token; here every token sees all before it");
  }
  return result;
}

}  // namespace

Family yuanFamily() {
  const std::vector<TensorRule> own = {
      {Role::FilterFirst, "model.layers.{l}.self_attn.lf_gate.conv1.weight"},
      {Role::FilterFirstBias, "model.layers.{l}.self_attn.lf_gate.conv1.bias"},
      {Role::FilterSecond, "model.layers.{l}.self_attn.lf_gate.conv2.weight"},
      {Role::FilterSecondBias, "model.layers.{l}.self_attn.lf_gate.conv2.bias"},
      {Role::FilterNorm, "model.layers.{l}.self_attn.lf_gate.output_layernorm.weight"},
      {Role::Router, "model.layers.{l}.mlp.gate.query.weight"},
      {Role::RouterKey, "model.layers.{l}.mlp.gate.key.weight"},
      {Role::RouterValue, "model.layers.{l}.mlp.gate.value.weight"},
      {Role::Router, "model.layers.{l}.mlp.gate.query_key_value.weight", Layout::OutIn, Part::FirstThird},
      {Role::RouterKey, "model.layers.{l}.mlp.gate.query_key_value.weight", Layout::OutIn, Part::MiddleThird},
      {Role::RouterValue, "model.layers.{l}.mlp.gate.query_key_value.weight", Layout::OutIn, Part::LastThird},
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.{e}.w1.weight", Layout::OutIn, Part::FirstHalf},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.{e}.w1.weight", Layout::OutIn, Part::SecondHalf},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.{e}.w2.weight"},
      // Dense blocks take the activation of what is called up_proj.
      {Role::DenseGate, "model.layers.{l}.mlp.up_proj.weight"},
      {Role::DenseUp, "model.layers.{l}.mlp.gate_proj.weight"},
      {Role::DenseDown, "model.layers.{l}.mlp.down_proj.weight"},
  };
  return {"yuan", {"yuan"}, {"YuanForCausalLM"}, read, joined({commonTensors(), own})};
}

}  // namespace core
