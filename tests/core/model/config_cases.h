// Configurations of every family with sizes that work, changed a key at a time.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/model/describe.h"
#include "core/model/loader.h"

namespace test::config {

using Json = nlohmann::json;

inline Json base(const std::string& family) {
  Json config = {
      {"model_type", family},     {"hidden_size", 32}, {"num_hidden_layers", 4},  {"num_attention_heads", 4},
      {"num_key_value_heads", 2}, {"vocab_size", 50},  {"intermediate_size", 24}, {"max_position_embeddings", 64}};
  if (family == "mixtral") config["num_local_experts"] = 6;
  if (family == "olmoe") config["num_experts"] = 10;
  if (family == "qwen2_moe") {
    config.update({{"num_experts", 6}, {"moe_intermediate_size", 8}, {"shared_expert_intermediate_size", 12}});
  }
  if (family == "openmoe") {
    config.update({{"model_type", "llama"},
                   {"architectures", {"OpenMoeForCausalLM"}},
                   {"num_experts", 6},
                   {"moe_layer_interval", 2},
                   {"hidden_act", "swiglu"}});
  }
  if (family == "qwen3_moe") config.update({{"num_experts", 12}, {"moe_intermediate_size", 8}});
  if (family == "deepseek") config.update({{"n_routed_experts", 8}, {"moe_intermediate_size", 8}});
  if (family == "deepseek_v2" || family == "deepseek_v3") {
    config.update({{"n_routed_experts", 12},
                   {"moe_intermediate_size", 8},
                   {"num_experts_per_tok", 2},
                   {"num_key_value_heads", 4},
                   {"kv_lora_rank", 10},
                   {"q_lora_rank", nullptr},
                   {"qk_nope_head_dim", 6},
                   {"qk_rope_head_dim", 4},
                   {"v_head_dim", 5}});
  }
  if (family == "deepseek_v3") config.update({{"n_group", 1}, {"topk_group", 1}});
  if (family == "phimoe") config["num_local_experts"] = 6;
  if (family == "granitemoe" || family == "granitemoeshared") config["num_local_experts"] = 6;
  if (family == "skywork") config["num_experts"] = {6};
  return config;
}

inline core::ModelConfig read(const std::string& family, const Json& changes) {
  Json config = base(family);
  if (changes.is_object()) config.update(changes);
  auto result = core::readModelConfig(config.dump());
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
  return result ? *result : core::ModelConfig{};
}

inline std::string problem(const std::string& family, const Json& changes) {
  Json config = base(family);
  if (changes.is_object()) config.update(changes);
  const auto result = core::readModelConfig(config.dump());
  return result ? "" : result.error().message;
}

// One character a layer: m routed, d dense, then its window.
inline std::string layers(const core::ModelConfig& config) {
  std::string text;
  for (const core::LayerConfig& layer : config.layer) {
    text += (layer.moe ? "m" : "d") + (layer.window ? std::to_string(layer.window) : "") + " ";
  }
  return text;
}

}  // namespace test::config
