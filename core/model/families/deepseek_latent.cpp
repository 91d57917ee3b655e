#include "core/model/families/deepseek_latent.h"

#include <algorithm>
#include <cmath>

namespace core {
namespace {

constexpr int kMostHeads = 1 << 14;
constexpr int64_t kMostFeatures = int64_t{8} * kMaxWidth;

}  // namespace

void readLatentAttention(ConfigReader& config, const FamilyDefaults& defaults, RopeLayout layout,
                         FamilyConfig& result) {
  ModelConfig& model = result.model;
  AttentionConfig& attention = model.attention;
  LatentAttention& latent = attention.latent;
  // The key is there in published files, and says nothing: every head has a key and a value of its own.
  attention.heads = attention.keyValueHeads = config.integer("num_attention_heads", 1, kMostHeads);
  if (config.has("num_key_value_heads") && config.integer("num_key_value_heads", 1, kMostHeads) != attention.heads) {
    config.expected("num_key_value_heads", fmt::format("the {} of num_attention_heads", attention.heads));
  }
  latent.keyValueRank = config.integerOr("kv_lora_rank", 1, kMaxWidth, 512);
  latent.queryRank =
      config.isNull("q_lora_rank") ? 0 : config.integerOr("q_lora_rank", 1, kMaxWidth, 1536);  // null: no short vector
  latent.nopeDim = config.integerOr("qk_nope_head_dim", 1, kMaxWidth, 128);
  latent.ropeDim = config.integerOr("qk_rope_head_dim", 2, kMaxWidth, 64);
  latent.valueDim = config.integerOr("v_head_dim", 1, kMaxWidth, 128);
  if (latent.ropeDim % 2 != 0) config.expected("qk_rope_head_dim", "an even number, for rotation");
  const int64_t widest = std::max<int64_t>(latent.nopeDim + latent.ropeDim, latent.nopeDim + latent.valueDim);
  if (attention.heads * widest > kMostFeatures) {
    config.problem("num_attention_heads", fmt::format("expected heads times features of at most {}, found {} times {}",
                                                      kMostFeatures, attention.heads, widest));
  }
  if (config.failed()) return;
  attention.headDim = latent.ropeDim;  // what rotates
  readRope(config, defaults, model);
  attention.headDim = latent.nopeDim + latent.ropeDim;
  RopeConfig& rope = attention.rope;
  rope.offset = latent.nopeDim;
  rope.layout = layout;
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.headDim));
  if (rope.scaling != RopeScaling::None && rope.mscaleAllDim > 0 && rope.factor > 1) {
    const double mscale = 0.1 * rope.mscaleAllDim * std::log(rope.factor) + 1;
    attention.scale *= mscale * mscale;
  }
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
}

void readGroups(ConfigReader& config, int groupsDefault, int chosenDefault, GroupScore score, ModelConfig& model) {
  RouterConfig& router = model.router;
  router.groupScore = score;
  router.groups = config.integerOr("n_group", 1, router.experts, groupsDefault);
  if (router.experts % router.groups != 0) {
    config.problem("n_group",
                   fmt::format("expected a divisor of the {} experts, found {}", router.experts, router.groups));
    router.groups = 1;
  }
  router.groupsChosen = config.integerOr("topk_group", 1, router.groups, std::min(chosenDefault, router.groups));
  const int reachable = router.experts / router.groups * router.groupsChosen;
  if (router.chosen > reachable) {
    config.expected("num_experts_per_tok", fmt::format("at most {}, the experts of {} groups of {}", reachable,
                                                       router.groupsChosen, router.experts / router.groups));
  }
  if (router.groupsChosen == router.groups) router.groups = router.groupsChosen = 1;  // no group is left out
}

std::vector<TensorRule> latentTensors() {
  return {
      {Role::Embedding, "model.embed_tokens.weight"},
      {Role::FinalNorm, "model.norm.weight"},
      {Role::OutputMatrix, "lm_head.weight"},
      {Role::InputNorm, "model.layers.{l}.input_layernorm.weight"},
      {Role::BlockNorm, "model.layers.{l}.post_attention_layernorm.weight"},
      {Role::Query, "model.layers.{l}.self_attn.q_proj.weight", Layout::OutIn, Part::Whole, When::DirectQuery},
      {Role::QueryDown, "model.layers.{l}.self_attn.q_a_proj.weight", Layout::OutIn, Part::Whole, When::SqueezedQuery},
      {Role::QueryDownBias, "model.layers.{l}.self_attn.q_a_proj.bias", Layout::OutIn, Part::Whole,
       When::SqueezedQueryBias},
      {Role::QueryDownNorm, "model.layers.{l}.self_attn.q_a_layernorm.weight", Layout::OutIn, Part::Whole,
       When::SqueezedQuery},
      {Role::Query, "model.layers.{l}.self_attn.q_b_proj.weight", Layout::OutIn, Part::Whole, When::SqueezedQuery},
      {Role::KeyValueDown, "model.layers.{l}.self_attn.kv_a_proj_with_mqa.weight"},
      {Role::KeyValueDownBias, "model.layers.{l}.self_attn.kv_a_proj_with_mqa.bias", Layout::OutIn, Part::Whole,
       When::QkvBias},
      {Role::KeyValueDownNorm, "model.layers.{l}.self_attn.kv_a_layernorm.weight"},
      {Role::KeyValueUp, "model.layers.{l}.self_attn.kv_b_proj.weight"},
      {Role::AttentionOutput, "model.layers.{l}.self_attn.o_proj.weight"},
      {Role::AttentionOutputBias, "model.layers.{l}.self_attn.o_proj.bias", Layout::OutIn, Part::Whole,
       When::OutputBias},
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
      {Role::SharedGate, "model.layers.{l}.mlp.shared_experts.gate_proj.weight"},
      {Role::SharedUp, "model.layers.{l}.mlp.shared_experts.up_proj.weight"},
      {Role::SharedDown, "model.layers.{l}.mlp.shared_experts.down_proj.weight"},
  };
}

}  // namespace core
