#include "core/model/families/gguf_arch.h"

#include <algorithm>
#include <cmath>

#include "core/model/families/shared.h"

namespace core {
namespace {

constexpr GgufKey kCommonKeys[] = {
    {"embedding_length", "hidden_size"},
    {"block_count", "num_hidden_layers"},
    {"context_length", "max_position_embeddings"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
    {"expert_used_count", "num_experts_per_tok"},
};

constexpr GgufKey kHeadDim = {"attention.key_length", "head_dim"};
constexpr GgufKey kHidden = {"feed_forward_length", "intermediate_size"};
constexpr GgufKey kExperts = {"expert_count", "num_experts"};
constexpr GgufKey kLocalExperts = {"expert_count", "num_local_experts"};
constexpr GgufKey kExpertHidden = {"expert_feed_forward_length", "moe_intermediate_size", "ffn_down_exps.weight"};

std::vector<TensorRule> ends() {
  return {
      {Role::Embedding, "token_embd.weight"},
      {Role::FinalNorm, "output_norm.weight"},
      {Role::OutputMatrix, "output.weight"},
  };
}

// Three matrices, or one with the rows of all three.
std::vector<TensorRule> attention() {
  return {
      {Role::InputNorm, "blk.{l}.attn_norm.weight"},
      {Role::Query, "blk.{l}.attn_q.weight"},
      {Role::Key, "blk.{l}.attn_k.weight"},
      {Role::Value, "blk.{l}.attn_v.weight"},
      {Role::AttentionOutput, "blk.{l}.attn_output.weight"},
      {Role::QueryBias, "blk.{l}.attn_q.bias", Layout::OutIn, Part::Whole, When::QkvBias},
      {Role::KeyBias, "blk.{l}.attn_k.bias", Layout::OutIn, Part::Whole, When::QkvBias},
      {Role::ValueBias, "blk.{l}.attn_v.bias", Layout::OutIn, Part::Whole, When::QkvBias},
      {Role::AttentionOutputBias, "blk.{l}.attn_output.bias", Layout::OutIn, Part::Whole, When::OutputBias},
      {Role::Query, "blk.{l}.attn_qkv.weight", Layout::OutIn, Part::OfQkv},
      {Role::Key, "blk.{l}.attn_qkv.weight", Layout::OutIn, Part::OfQkv},
      {Role::Value, "blk.{l}.attn_qkv.weight", Layout::OutIn, Part::OfQkv},
      {Role::QueryBias, "blk.{l}.attn_qkv.bias", Layout::OutIn, Part::OfQkv, When::QkvBias},
      {Role::KeyBias, "blk.{l}.attn_qkv.bias", Layout::OutIn, Part::OfQkv, When::QkvBias},
      {Role::ValueBias, "blk.{l}.attn_qkv.bias", Layout::OutIn, Part::OfQkv, When::QkvBias},
  };
}

std::vector<TensorRule> blockNorm() { return {{Role::BlockNorm, "blk.{l}.ffn_norm.weight"}}; }

std::vector<TensorRule> qkNorms() {
  return {
      {Role::QueryNorm, "blk.{l}.attn_q_norm.weight"},
      {Role::KeyNorm, "blk.{l}.attn_k_norm.weight"},
  };
}

std::vector<TensorRule> dense() {
  return {
      {Role::DenseGate, "blk.{l}.ffn_gate.weight"},
      {Role::DenseUp, "blk.{l}.ffn_up.weight"},
      {Role::DenseDown, "blk.{l}.ffn_down.weight"},
  };
}

// Stacked experts, the same with gate and up in one tensor, and a tensor for each expert as files of 2023 have them.
std::vector<TensorRule> routed() {
  return {
      {Role::Router, "blk.{l}.ffn_gate_inp.weight"},
      {Role::ExpertGate, "blk.{l}.ffn_gate_exps.weight"},
      {Role::ExpertUp, "blk.{l}.ffn_up_exps.weight"},
      {Role::ExpertDown, "blk.{l}.ffn_down_exps.weight"},
      {Role::ExpertGate, "blk.{l}.ffn_gate_up_exps.weight", Layout::OutIn, Part::FirstHalf},
      {Role::ExpertUp, "blk.{l}.ffn_gate_up_exps.weight", Layout::OutIn, Part::SecondHalf},
      {Role::ExpertGate, "blk.{l}.ffn_gate.{e}.weight"},
      {Role::ExpertUp, "blk.{l}.ffn_up.{e}.weight"},
      {Role::ExpertDown, "blk.{l}.ffn_down.{e}.weight"},
  };
}

std::vector<TensorRule> shared() {
  return {
      {Role::SharedGate, "blk.{l}.ffn_gate_shexp.weight"},
      {Role::SharedUp, "blk.{l}.ffn_up_shexp.weight"},
      {Role::SharedDown, "blk.{l}.ffn_down_shexp.weight"},
  };
}

std::vector<TensorRule> common() { return joined({ends(), attention(), blockNorm(), routed()}); }

GgufArch llama() {
  return {.name = "llama",
          .family = "mixtral",
          .denseFamily = "mistral",
          .pairs = true,
          .window = GgufWindow::Every,
          .keys = {kHeadDim, kHidden, kLocalExperts},
          .fixed = R"({"sliding_window": null})",
          .tensors = joined({common(), dense()})};
}

GgufArch olmoe() {
  return {.name = "olmoe",
          .family = "olmoe",
          .keys = {kHeadDim, kHidden, kExperts, {"attention.clamp_kqv", "clip_qkv"}},
          .fixed = R"({"norm_topk_prob": false})",
          .tensors = joined({common(), qkNorms()})};
}

GgufArch qwen2Moe() {
  const GgufKey sharedHidden = {"expert_shared_feed_forward_length", "shared_expert_intermediate_size",
                                "ffn_down_shexp.weight"};
  return {.name = "qwen2moe",
          .family = "qwen2_moe",
          .window = GgufWindow::Listed,
          .windowSwitch = "use_sliding_window",
          .keys = {kHeadDim, kHidden, kExperts, kExpertHidden, sharedHidden},
          .fixed = R"({"norm_topk_prob": false, "use_sliding_window": false})",
          .tensors = joined({common(), dense(), shared(), {{Role::SharedMix, "blk.{l}.ffn_gate_inp_shexp.weight"}}})};
}

GgufArch qwen3Moe() {
  return {.name = "qwen3moe",
          .family = "qwen3_moe",
          .window = GgufWindow::Every,
          .windowSwitch = "use_sliding_window",
          .keys = {kHeadDim, kHidden, kExperts, kExpertHidden},
          .fixed = R"({"norm_topk_prob": true, "use_sliding_window": false})",
          .tensors = joined({common(), dense(), qkNorms()})};
}

GgufArch deepseek() {
  return {.name = "deepseek",
          .family = "deepseek",
          .pairs = true,
          .keys = {kHeadDim,
                   kHidden,
                   {"expert_count", "n_routed_experts"},
                   kExpertHidden,
                   {"leading_dense_block_count", "first_k_dense_replace"},
                   {"expert_shared_count", "n_shared_experts"}},
          .fixed = R"({"norm_topk_prob": false, "moe_layer_freq": 1})",
          .tensors = joined({common(), dense(), shared()})};
}

// DeepSeek-V2 and V3. How a head is cut follows from several keys, see gguf_config.cpp.
GgufArch deepseek2() {
  const std::vector<TensorRule> latent = {
      {Role::InputNorm, "blk.{l}.attn_norm.weight"},
      {Role::Query, "blk.{l}.attn_q.weight", Layout::OutIn, Part::Whole, When::DirectQuery},
      {Role::QueryDown, "blk.{l}.attn_q_a.weight", Layout::OutIn, Part::Whole, When::SqueezedQuery},
      {Role::QueryDownNorm, "blk.{l}.attn_q_a_norm.weight", Layout::OutIn, Part::Whole, When::SqueezedQuery},
      {Role::Query, "blk.{l}.attn_q_b.weight", Layout::OutIn, Part::Whole, When::SqueezedQuery},
      {Role::KeyValueDown, "blk.{l}.attn_kv_a_mqa.weight"},
      {Role::KeyValueDownNorm, "blk.{l}.attn_kv_a_norm.weight"},
      {Role::KeyValueUp, "blk.{l}.attn_kv_b.weight"},
      {Role::KeyValueUp, "blk.{l}.attn_k_b.weight", Layout::HeadKeys},
      {Role::AttentionOutput, "blk.{l}.attn_output.weight"},
      {Role::SelectionBias, "blk.{l}.exp_probs_b.bias"},
      {Role::SelectionBias, "blk.{l}.exp_probs_b"},
  };
  return {.name = "deepseek2",
          .family = "deepseek_v2",
          .sigmoidFamily = "deepseek_v3",
          .latent = true,
          .keys = {kHidden,
                   {"expert_count", "n_routed_experts"},
                   kExpertHidden,
                   {"leading_dense_block_count", "first_k_dense_replace"},
                   {"expert_shared_count", "n_shared_experts"},
                   {"expert_weights_scale", "routed_scaling_factor"},
                   {"expert_weights_norm", "norm_topk_prob"},
                   {"expert_group_count", "n_group"},
                   {"expert_group_used_count", "topk_group"},
                   {"attention.q_lora_rank", "q_lora_rank"},
                   {"attention.kv_lora_rank", "kv_lora_rank"}},
          .fixed = R"({"q_lora_rank": null, "norm_topk_prob": false, "routed_scaling_factor": 1, "n_group": 1,
                       "topk_group": 1})",
          .tensors = joined({ends(), latent, blockNorm(), routed(), dense(), shared()})};
}

GgufArch phiMoe() {
  const std::vector<TensorRule> own = {
      {Role::FinalNormBias, "output_norm.bias"},
      {Role::OutputMatrixBias, "output.bias", Layout::OutIn, Part::Whole, When::HeadBias},
      {Role::InputNormBias, "blk.{l}.attn_norm.bias"},
      {Role::BlockNormBias, "blk.{l}.ffn_norm.bias"},
  };
  return {.name = "phimoe",
          .family = "phimoe",
          .window = GgufWindow::Every,
          .keys = {kHeadDim, kHidden, kLocalExperts},
          .fixed = R"({"sliding_window": null})",
          .tensors = joined({common(), own})};
}

GgufArch graniteMoe() {
  return {.name = "granitemoe",
          .family = "granitemoe",
          .sharedFamily = "granitemoeshared",
          .pairs = true,
          .partsAsAdded = true,
          .keys = {kHidden,
                   kLocalExperts,
                   {"embedding_scale", "embedding_multiplier"},
                   {"residual_scale", "residual_multiplier"},
                   {"logit_scale", "logits_scaling"},
                   {"attention.scale", "attention_multiplier"},
                   {"expert_shared_feed_forward_length", "shared_intermediate_size", "ffn_down_shexp.weight"}},
          .tensors = joined({common(), shared()})};
}

// The unrounded range of yarn is the architecture's, not the file's.
GgufArch gptOss() {
  const std::vector<TensorRule> own = {
      {Role::BlockNorm, "blk.{l}.post_attention_norm.weight"},
      {Role::BlockNorm, "blk.{l}.ffn_norm.weight"},
      {Role::Sinks, "blk.{l}.attn_sinks.weight"},
      {Role::RouterBias, "blk.{l}.ffn_gate_inp.bias"},
      {Role::ExpertGateBias, "blk.{l}.ffn_gate_exps.bias"},
      {Role::ExpertUpBias, "blk.{l}.ffn_up_exps.bias"},
      {Role::ExpertDownBias, "blk.{l}.ffn_down_exps.bias"},
  };
  return {
      .name = "gpt-oss",
      .family = "gpt_oss",
      .window = GgufWindow::EveryOther,
      .keys = {kHeadDim, {"expert_feed_forward_length", "intermediate_size", "ffn_down_exps.weight"}, kLocalExperts},
      .fixed = R"({"rope_parameters": {"rope_type": "default", "truncate": false}})",
      .tensors = joined({ends(), attention(), routed(), own})};
}

// Chunks, layers without rotation and the growth of queries are fixed numbers in llama.cpp, and so they are here where
// the file is silent.
GgufArch llama4() {
  return {.name = "llama4",
          .family = "llama4",
          .window = GgufWindow::Chunks,
          .keys = {kHeadDim,
                   {"feed_forward_length", "intermediate_size_mlp"},
                   {"expert_feed_forward_length", "intermediate_size", "ffn_down_exps.weight"},
                   kLocalExperts,
                   {"interleave_moe_layer_step", "interleave_moe_layer_step"},
                   {"attention.temperature_length", "floor_scale"},
                   {"attention.temperature_scale", "attn_scale"}},
          .fixed = R"({"attention_chunk_size": 8192, "no_rope_layer_interval": 4, "attn_temperature_tuning": true,
                       "attn_scale": 0.1, "floor_scale": 8192})",
          .tensors = joined({common(), dense(), shared()})};
}

GgufArch grok() {
  const std::vector<TensorRule> norms = {
      {Role::AttentionPostNorm, "blk.{l}.attn_output_norm.weight"},
      {Role::BlockPostNorm, "blk.{l}.layer_output_norm.weight"},
      {Role::BlockPostNorm, "blk.{l}.post_ffw_norm.weight"},
  };
  return {.name = "grok",
          .family = "grok1",
          .keys = {kHidden,
                   {"expert_feed_forward_length", "intermediate_size"},
                   kExperts,
                   {"attention.output_scale", "attn_output_multiplier"},
                   {"attn_logit_softcapping", "max_attn_value"},
                   {"embedding_scale", "embedding_multiplier_scale"},
                   {"logit_scale", "output_multiplier_scale"}},
          .refusals = {{"final_logit_softcapping", "a cap on the logits; Grok-1 is run, its successors are not"},
                       {"blk.0.ffn_up.weight", "a dense block beside the experts; Grok-1 is run, Grok-2 is not"}},
          .tensors = joined({common(), norms})};
}

GgufArch miniCpm() {
  const auto depth = [](double scale, int, int layers) { return scale * std::sqrt(static_cast<double>(layers)); };
  const auto base = [](double scale, int width, int) { return width / scale; };
  return {.name = "minicpm",
          .family = "minicpm",
          .denseFamily = "minicpm",
          .pairs = true,
          .keys = {kHidden,
                   kExperts,
                   {"embedding_scale", "scale_emb"},
                   {"residual_scale", "scale_depth", {}, depth},
                   {"logit_scale", "dim_model_base", {}, base}},
          .fixed = R"({"scale_emb": 12, "scale_depth": 1.4, "dim_model_base": 256})",
          .tensors = joined({common(), dense()})};
}

}  // namespace

const std::vector<GgufArch>& ggufArchs() {
  static const std::vector<GgufArch> rows = {llama(),  olmoe(),      qwen2Moe(), qwen3Moe(), deepseek(), deepseek2(),
                                             phiMoe(), graniteMoe(), gptOss(),   llama4(),   grok(),     miniCpm()};
  return rows;
}

const GgufArch* ggufArch(std::string_view name) {
  const std::vector<GgufArch>& rows = ggufArchs();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const GgufArch& arch) { return arch.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

std::span<const GgufKey> commonGgufKeys() { return kCommonKeys; }

}  // namespace core
