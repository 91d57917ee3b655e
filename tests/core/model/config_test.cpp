// What config.json may say in its old and its new spellings, whatever the family.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/model/config_cases.h"

namespace {

using test::config::base;
using test::config::Json;
using test::config::layers;
using test::config::problem;
using test::config::read;

TEST(Config, DefaultsAreThoseOfTheFamilysOwnClass) {
  const core::ModelConfig mixtral = read("mixtral", {});
  EXPECT_EQ(mixtral.attention.rope.theta, 1e6);
  EXPECT_EQ(mixtral.normEps, 1e-5);
  EXPECT_EQ(mixtral.router.chosen, 2);
  EXPECT_EQ(mixtral.router.weights, core::WeightForm::Renorm);
  EXPECT_EQ(layers(mixtral), "m m m m ");
  const core::ModelConfig olmoe = read("olmoe", {});
  EXPECT_EQ(olmoe.router.chosen, 8);
  EXPECT_EQ(olmoe.router.weights, core::WeightForm::Raw);
  EXPECT_EQ(olmoe.attention.qkNorm, core::QkNorm::FullWidth);
  EXPECT_EQ(olmoe.attention.qkNormEps, 1e-5);
  EXPECT_EQ(olmoe.attention.clipQkv, 0);
  EXPECT_EQ(layers(read("mistral", {})), "d4096 d4096 d4096 d4096 ");
  EXPECT_EQ(layers(read("mistral", {{"sliding_window", nullptr}})), "d d d d ");
  const core::ModelConfig qwen = read("qwen2_moe", {});
  EXPECT_EQ(qwen.router.chosen, 4);
  EXPECT_EQ(qwen.shared, core::SharedExpert::Gated);
  EXPECT_FALSE(qwen.tiedEmbeddings);
  EXPECT_EQ(qwen.context, 64);
  EXPECT_NEAR(qwen.attention.scale, 0.35355339, 1e-8);
}

TEST(Config, AbsentKeyValueHeadsAreTheClassDefaultAndNullOnesAreAllHeads) {
  Json config = base("mixtral");
  config.erase("num_key_value_heads");
  EXPECT_EQ(core::readModelConfig(config.dump()).error().message,
            "config.json: num_key_value_heads: expected a divisor of num_attention_heads, 4, found 8 (what this family "
            "takes where the key is absent)");
  EXPECT_EQ(read("mixtral", {{"num_key_value_heads", nullptr}}).attention.keyValueHeads, 4);
  config = base("olmoe");
  config.erase("num_key_value_heads");
  EXPECT_EQ(core::readModelConfig(config.dump())->attention.keyValueHeads, 4);
}

TEST(Config, NormTopkProbChoosesTheWeights) {
  EXPECT_EQ(read("qwen2_moe", {{"norm_topk_prob", true}}).router.weights, core::WeightForm::Renorm);
  EXPECT_EQ(read("olmoe", {{"norm_topk_prob", true}}).router.weights, core::WeightForm::Renorm);
  EXPECT_EQ(read("olmoe", {{"norm_topk_prob", true}}).disagreements.size(), 1u);
}

TEST(Config, Qwen2MoeMayLeaveLayersDense) {
  EXPECT_EQ(layers(read("qwen2_moe", {{"decoder_sparse_step", 2}})), "d m d m ");
  EXPECT_EQ(layers(read("qwen2_moe", {{"mlp_only_layers", {0, 3}}})), "d m m d ");
  EXPECT_EQ(layers(read("qwen2_moe", {{"num_experts", 0}})), "d d d d ");
  EXPECT_EQ(read("qwen2_moe", {{"decoder_sparse_step", 2}}).layer[0].denseHidden, 24);
  EXPECT_NE(problem("qwen2_moe", {{"decoder_sparse_step", 0}}), "");
  EXPECT_NE(problem("qwen2_moe", {{"mlp_only_layers", {-1}}}), "");
  EXPECT_NE(problem("qwen2_moe", {{"mlp_only_layers", "all"}}), "");
}

TEST(Config, Qwen2MoeHasItsWindowOnlyWhenItIsSwitchedOn) {
  EXPECT_EQ(layers(read("qwen2_moe", {{"sliding_window", 9}})), "m m m m ");
  EXPECT_EQ(layers(read("qwen2_moe", {{"sliding_window", 9}, {"use_sliding_window", true}})), "m9 m m9 m ");
  EXPECT_EQ(layers(read("qwen2_moe", {{"sliding_window", 9}, {"use_sliding_window", true}, {"max_window_layers", 1}})),
            "m9 m m m ");
  EXPECT_EQ(
      layers(read("qwen2_moe",
                  {{"sliding_window", 9},
                   {"use_sliding_window", true},
                   {"layer_types", {"full_attention", "sliding_attention", "sliding_attention", "full_attention"}}})),
      "m m9 m9 m ");
  EXPECT_NE(problem("qwen2_moe", {{"layer_types", {"full_attention"}}}), "");
  EXPECT_NE(problem("qwen2_moe", {{"layer_types", {"a", "b", "c", "d"}}}), "");
  EXPECT_NE(problem("qwen2_moe", {{"use_sliding_window", true}, {"sliding_window", nullptr}}), "");
  EXPECT_NE(problem("mixtral", {{"sliding_window", 0}}), "");
}

TEST(Config, HeadDimensionsMayBeSaidAndMustRotate) {
  const core::ModelConfig config = read("mixtral", {{"head_dim", 10}});
  EXPECT_EQ(config.attention.headDim, 10);
  EXPECT_EQ(config.attention.rope.dimensions, 10);
  EXPECT_NE(problem("mixtral", {{"head_dim", 7}}), "");
  EXPECT_NE(problem("mixtral", {{"hidden_size", 34}}), "");
}

TEST(Config, RotationIsReadInEverySpelling) {
  const auto rope = [](const Json& changes) { return read("mixtral", changes).attention.rope; };
  EXPECT_EQ(rope({{"rope_theta", 5000}}).theta, 5000);
  EXPECT_EQ(rope({{"rope_parameters", {{"rope_theta", 5000.0}, {"rope_type", "default"}}}}).theta, 5000);
  EXPECT_EQ(rope({{"rope_theta", 7.0}, {"rope_parameters", {{"rope_theta", 5000.0}}}}).theta, 5000);
  for (const char* key : {"type", "rope_type"}) {
    const core::RopeConfig linear = rope({{"rope_scaling", {{key, "linear"}, {"factor", 2.5}}}});
    EXPECT_EQ(linear.scaling, core::RopeScaling::Linear);
    EXPECT_EQ(linear.factor, 2.5);
  }
  const core::ModelConfig dynamic = read("mixtral", {{"rope_scaling", {{"type", "dynamic"}, {"factor", 2}}}});
  EXPECT_EQ(dynamic.attention.rope.scaling, core::RopeScaling::Dynamic);
  EXPECT_EQ(dynamic.attention.rope.originalContext, 64);
  EXPECT_EQ(dynamic.context, 128);
  const core::RopeConfig yarn = rope({{"rope_parameters",
                                       {{"rope_type", "yarn"},
                                        {"factor", 4},
                                        {"rope_theta", 1e4},
                                        {"original_max_position_embeddings", 16},
                                        {"beta_fast", 16},
                                        {"truncate", false},
                                        {"attention_factor", 1.25}}}});
  EXPECT_EQ(yarn.scaling, core::RopeScaling::Yarn);
  EXPECT_EQ(yarn.originalContext, 16);
  EXPECT_EQ(yarn.betaFast, 16);
  EXPECT_EQ(yarn.betaSlow, 1);
  EXPECT_FALSE(yarn.truncate);
  EXPECT_EQ(yarn.attentionFactor, 1.25);
  EXPECT_EQ(rope({{"rope_scaling", {{"type", "yarn"}, {"factor", 4}}}}).originalContext, 64);
  const core::RopeConfig llama3 = rope({{"rope_scaling",
                                         {{"rope_type", "llama3"},
                                          {"factor", 8},
                                          {"low_freq_factor", 1},
                                          {"high_freq_factor", 4},
                                          {"original_max_position_embeddings", 32}}}});
  EXPECT_EQ(llama3.scaling, core::RopeScaling::Llama3);
  EXPECT_EQ(llama3.highFrequencyFactor, 4);
  const core::RopeConfig lengthened =
      rope({{"original_max_position_embeddings", 16},
            {"rope_scaling", {{"type", "longrope"}, {"short_factor", {1, 1, 1, 1}}, {"long_factor", {1, 2, 3, 4}}}}});
  EXPECT_EQ(lengthened.scaling, core::RopeScaling::LongRope);
  EXPECT_EQ(lengthened.factor, 4);
  EXPECT_EQ(lengthened.longFactor, (std::vector<double>{1, 2, 3, 4}));
}

TEST(Config, RotationThatCannotBeRunIsRefused) {
  const auto refused = [](const Json& scaling) { return problem("mixtral", {{"rope_scaling", scaling}}) != ""; };
  EXPECT_TRUE(refused({{"type", "linear"}}));
  EXPECT_TRUE(refused({{"type", "linear"}, {"factor", -1}}));
  EXPECT_TRUE(refused({{"type", "linear"}, {"factor", "2"}}));
  EXPECT_TRUE(refused({{"type", 3}}));
  EXPECT_TRUE(refused({{"type", "yarn"}, {"factor", 4}, {"beta_fast", 1}, {"beta_slow", 32}}));
  EXPECT_TRUE(refused({{"type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 0}}));
  EXPECT_TRUE(refused({{"type", "llama3"}, {"factor", 8}, {"low_freq_factor", 4}, {"high_freq_factor", 4}}));
  EXPECT_TRUE(refused({{"type", "longrope"}, {"short_factor", {1}}, {"long_factor", {1}}}));
  EXPECT_TRUE(refused({{"full_attention", {{"rope_type", "default"}}}}));
  EXPECT_TRUE(refused({{"type", "yarn"}, {"factor", 4}, {"rope_theta", 1}}));
  EXPECT_TRUE(refused({{"type", "longrope"},
                       {"short_factor", {1, 1, 1, 1}},
                       {"long_factor", {1, 1, 1, 1}},
                       {"original_max_position_embeddings", 1}}));
  EXPECT_TRUE(refused("linear"));
  EXPECT_NE(problem("mixtral", {{"partial_rotary_factor", 0.5}}), "");
}

TEST(Config, ExpertsMayBeCountedUnderEitherName) {
  Json config = base("mixtral");
  config.erase("num_local_experts");
  config["num_experts"] = 5;
  EXPECT_EQ(core::readModelConfig(config.dump())->router.experts, 5);
  EXPECT_EQ(problem("mixtral", {{"num_experts", 5}}),
            "config.json: num_experts: expected the 6 of num_local_experts, found 5");
  EXPECT_EQ(
      problem("olmoe", {{"num_experts", 4}}),
      "config.json: num_experts_per_tok: expected at most 4, the number of experts, found 8 (what this family takes "
      "where the key is absent)");
}

TEST(Config, OpenMoeIsKnownByItsArchitectureAndDropsByItsOwnRule) {
  const core::ModelConfig config = read("openmoe", {{"head_dim", 10},
                                                    {"rope_theta", 77},
                                                    {"router_drop_tks", false},
                                                    {"router_capacity_factor_eval", 1.4},
                                                    {"router_min_capacity", 5}});
  EXPECT_EQ(config.family, "openmoe");
  EXPECT_EQ(config.attention.scale, 1.0);
  EXPECT_EQ(config.attention.rope.theta, 1e4);
  EXPECT_EQ(config.activation, core::Activation::TripleSwiGlu);
  EXPECT_EQ(config.shared, core::SharedExpert::OwnStep);
  EXPECT_EQ(layers(config), "d m d m ");
  EXPECT_TRUE(config.router.dropsChoices);
  EXPECT_EQ(config.router.capacityRule, core::CapacityRule::OpenmoeTorch);
  EXPECT_EQ(config.router.capacityFactor, 1.4);
  EXPECT_EQ(config.router.minCapacity, 5);
  EXPECT_EQ(config.disagreements.size(), 2u);
  EXPECT_NE(problem("openmoe", {{"hidden_act", "silu"}}), "");
  EXPECT_NE(problem("openmoe", {{"router_topk", 3}}), "");
  EXPECT_NE(problem("openmoe", {{"mlp_gated", false}}), "");
}

TEST(Config, TokenIdsAreANumberAListOrNone) {
  EXPECT_EQ(read("mixtral", {{"eos_token_id", {1, 2}}}).eos, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(read("mixtral", {{"eos_token_id", 7}}).eos, std::vector<int32_t>{7});
  EXPECT_EQ(read("mixtral", {{"eos_token_id", nullptr}}).eos, std::vector<int32_t>{});
  EXPECT_EQ(read("mixtral", {{"bos_token_id", -1}}).bos, std::vector<int32_t>{});
  EXPECT_NE(problem("mixtral", {{"bos_token_id", "one"}}), "");
}

TEST(Config, ActivationsAreNamed) {
  EXPECT_EQ(read("mistral", {{"hidden_act", "gelu_pytorch_tanh"}}).activation, core::Activation::GeGluTanh);
  EXPECT_EQ(read("mistral", {{"hidden_act", "swish"}}).activation, core::Activation::SwiGlu);
  EXPECT_NE(problem("mistral", {{"hidden_act", "gelu"}}).find("found \"gelu\""), std::string::npos);
}

TEST(Config, QuantizedWeightsAreRefusedBeforeATensorIsMissed) {
  EXPECT_EQ(problem("mixtral", {{"quantization_config", {{"quant_method", "awq"}}}}),
            "config.json: quantization_config: quantized weights are not read; expected weights in F32, F16 or BF16");
  EXPECT_EQ(problem("mixtral", {{"quantization_config", nullptr}}), "");
}

TEST(Config, OtherFamiliesAreRefusedByName) {
  EXPECT_NE(problem("mixtral", {{"model_type", "granitemoehybrid"}})
                .find("family granitemoehybrid is known but not run yet; it needs Mamba layers"),
            std::string::npos);
  EXPECT_NE(problem("mixtral", {{"model_type", "llama"}, {"architectures", {"LlamaForCausalLM"}}})
                .find("family \"llama\" is unknown. Families that run: qwen2_moe, mixtral, olmoe, mistral, openmoe"),
            std::string::npos);
  EXPECT_NE(problem("mixtral", {{"model_type", 5}}), "");
  EXPECT_NE(problem("mixtral", {{"architectures", {1}}}), "");
}

std::string problemOf(const Json& config) {
  const auto result = core::readModelConfig(config.dump());
  return result ? "" : result.error().message;
}

TEST(Config, EveryMissingKeyIsNamedAtOnce) {
  EXPECT_EQ(problemOf({{"model_type", "mixtral"}}),
            "config.json: hidden_size: expected a whole number from 1 to 131072, found no such key; also missing: "
            "num_hidden_layers, vocab_size, num_attention_heads, intermediate_size, num_local_experts");
  EXPECT_EQ(problemOf({{"model_type", "qwen2_moe"}, {"hidden_size", "wide"}, {"num_attention_heads", 4}}),
            "config.json: hidden_size: expected a whole number from 1 to 131072, found \"wide\"; also missing: "
            "num_hidden_layers, vocab_size, num_experts, moe_intermediate_size, shared_expert_intermediate_size");
  EXPECT_EQ(problemOf({{"model_type", "llama4"}, {"text_config", {{"hidden_size", 8}, {"num_hidden_layers", 1}}}}),
            "config.json: text_config: vocab_size: expected a whole number from 1 to 16777216, found no such key; also "
            "missing: text_config: num_attention_heads, text_config: num_local_experts, text_config: "
            "intermediate_size");
  Json scaled = base("mistral");
  scaled["rope_scaling"] = {{"type", "llama3"}, {"factor", 2}};
  EXPECT_EQ(problemOf(scaled),
            "config.json: rope_scaling: low_freq_factor: expected a number above 0, found no such key; also missing: "
            "rope_scaling: high_freq_factor");
}

TEST(Config, AnUnknownFamilyIsToldWhatTheOthersNeed) {
  EXPECT_TRUE(problemOf({{"model_type", "mamba"}, {"hidden_size", 8}, {"vocab_size", 9}})
                  .ends_with(". Keys that they have in common and that are missing here: num_hidden_layers, "
                             "num_attention_heads, num_experts (or num_local_experts, n_routed_experts, "
                             "moe_num_experts)"));
  EXPECT_TRUE(problemOf({{"model_type", "new"},
                         {"text_config",
                          {{"hidden_size", 8},
                           {"vocab_size", 9},
                           {"num_hidden_layers", 1},
                           {"num_attention_heads", 2},
                           {"num_local_experts", 4}}}})
                  .ends_with("missing here: none"));
  EXPECT_TRUE(problemOf({{"hidden_size", 8}})
                  .starts_with("config.json: model_type: expected model_type or architectures, found neither; this is "
                               "no model's config.json. Other keys that are missing: num_hidden_layers, "));
}

}  // namespace
