// What each family reads in its own way.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/model/config_cases.h"

namespace {

using test::config::base;
using test::config::Json;
using test::config::layers;
using test::config::problem;
using test::config::read;

TEST(Config, Qwen3MoeNormsEachHeadAndKnowsTheNewNameOfItsExperts) {
  const core::ModelConfig config = read("qwen3_moe", {});
  EXPECT_EQ(config.attention.qkNorm, core::QkNorm::PerHead);
  EXPECT_EQ(config.router.weights, core::WeightForm::Raw);
  EXPECT_EQ(config.router.chosen, 8);
  Json renamed = base("qwen3_moe");
  renamed.erase("num_experts");
  renamed.update({{"num_local_experts", 9}, {"norm_topk_prob", true}});
  const auto read5 = core::readModelConfig(renamed.dump());
  ASSERT_TRUE(read5) << read5.error().message;
  EXPECT_EQ(read5->router.experts, 9);
  EXPECT_EQ(read5->router.weights, core::WeightForm::Renorm);
  EXPECT_EQ(layers(read("qwen3_moe", {{"decoder_sparse_step", 2}, {"mlp_only_layers", {3}}})), "d m d d ");
  EXPECT_EQ(layers(read("qwen3_moe", {{"use_sliding_window", true}, {"sliding_window", 7}})), "m7 m7 m7 m7 ");
  EXPECT_EQ(layers(read("qwen3_moe", {{"sliding_window", 7}})), "m m m m ");
}

TEST(Config, DeepseekMakesOneBlockOfItsSharedExperts) {
  const core::ModelConfig config = read("deepseek", {{"n_shared_experts", 2}, {"first_k_dense_replace", 1}});
  EXPECT_EQ(config.shared, core::SharedExpert::Summed);
  EXPECT_EQ(config.sharedHidden, 16);
  EXPECT_EQ(layers(config), "d m m m ");
  EXPECT_EQ(layers(read("deepseek", {{"moe_layer_freq", 2}})), "m d m d ");
  EXPECT_EQ(read("deepseek", {}).shared, core::SharedExpert::None);
  EXPECT_EQ(read("deepseek", {{"norm_topk_prob", true}}).router.weights, core::WeightForm::Renorm);
  const Json one = {{"norm_topk_prob", true}, {"num_experts_per_tok", 1}};
  EXPECT_EQ(read("deepseek", one).router.weights, core::WeightForm::Raw);
  EXPECT_NE(problem("deepseek", {{"scoring_func", "sigmoid"}}), "");
  EXPECT_NE(problem("deepseek", {{"n_shared_experts", 4096}, {"moe_intermediate_size", 1 << 20}}), "");
  EXPECT_NE(problem("deepseek", {{"rope_scaling", {{"type", "yarn"}, {"factor", 4}}}}), "");
}

TEST(Config, LatentAttentionHasAKeyAndAValueForEveryHead) {
  const core::ModelConfig config = read("deepseek_v2", {});
  const core::AttentionConfig& a = config.attention;
  EXPECT_EQ(a.keyValueHeads, 4);
  EXPECT_EQ(a.headDim, 10);
  EXPECT_EQ(a.valueDim(), 5);
  EXPECT_EQ(a.rope.dimensions, 4);
  EXPECT_EQ(a.rope.offset, 6);
  EXPECT_EQ(a.rope.layout, core::RopeLayout::Interleaved);
  EXPECT_EQ(a.latent.queryRank, 0);
  EXPECT_DOUBLE_EQ(a.scale, 1 / std::sqrt(10.0));
  EXPECT_EQ(core::cacheBytesPerToken(config), 4 * 4 * 4 * (10 + 5));
  EXPECT_EQ(read("deepseek_v2", {{"q_lora_rank", 7}}).attention.latent.queryRank, 7);
  EXPECT_EQ(read("deepseek_v3", {{"rope_interleave", false}}).attention.rope.layout, core::RopeLayout::Half);
  EXPECT_NE(problem("deepseek_v2", {{"num_key_value_heads", 2}}), "");
  EXPECT_NE(problem("deepseek_v2", {{"qk_rope_head_dim", 3}}), "");
  EXPECT_NE(
      problem("deepseek_v2", {{"num_attention_heads", 16384}, {"num_key_value_heads", 16384}, {"v_head_dim", 131072}}),
      "");
}

TEST(Config, YarnsMscaleSquaredMultipliesTheLogitsOfLatentAttention) {
  const double mscale = 0.0707 * std::log(40.0) + 1;
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    Json config = base("deepseek_v3");
    config[key] = {{key == std::string("rope_scaling") ? "type" : "rope_type", "yarn"},
                   {"factor", 40},
                   {"mscale", 0.707},
                   {"mscale_all_dim", 0.707},
                   {"original_max_position_embeddings", 16}};
    const auto model = core::readModelConfig(config.dump());
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_DOUBLE_EQ(model->attention.scale, mscale * mscale / std::sqrt(10.0)) << key;
    EXPECT_EQ(model->context, 640) << key;
  }
  const Json plain = {{"rope_scaling", {{"type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 16}}}};
  EXPECT_DOUBLE_EQ(read("deepseek_v2", plain).attention.scale, 1 / std::sqrt(10.0));
}

TEST(Config, GroupsMustHoldTheChoices) {
  const Json limited = {{"topk_method", "group_limited_greedy"}, {"n_group", 4}, {"topk_group", 2}};
  const core::RouterConfig v2 = read("deepseek_v2", limited).router;
  EXPECT_EQ(v2.groups, 4);
  EXPECT_EQ(v2.groupsChosen, 2);
  EXPECT_EQ(v2.groupScore, core::GroupScore::Max);
  EXPECT_EQ(v2.score, core::ScoreFunction::Softmax);
  EXPECT_EQ(read("deepseek_v2", {{"n_group", 4}, {"topk_group", 2}}).router.groups, 1) << "greedy knows no groups";
  const core::RouterConfig v3 = read("deepseek_v3", {{"n_group", 4}, {"topk_group", 2}}).router;
  EXPECT_EQ(v3.groupScore, core::GroupScore::SumOfTopTwo);
  EXPECT_EQ(v3.weights, core::WeightForm::SigmoidRenorm);
  EXPECT_EQ(v3.scale, 2.5);
  EXPECT_TRUE(v3.selectionBias);
  EXPECT_EQ(read("deepseek_v3", {{"n_group", 4}, {"topk_group", 4}}).router.groups, 1) << "no group is left out";
  EXPECT_NE(problem("deepseek_v3", {{"n_group", 5}}), "");
  EXPECT_NE(problem("deepseek_v3", {{"n_group", 4}, {"topk_group", 5}}), "");
  const Json many = {{"n_group", 4}, {"topk_group", 1}, {"num_experts_per_tok", 4}};
  EXPECT_NE(problem("deepseek_v3", many).find("at most 3, the experts of 1 groups of 3"), std::string::npos);
  EXPECT_NE(problem("deepseek_v2", {{"topk_method", "noaux_tc"}}), "");
  EXPECT_NE(problem("deepseek_v3", {{"scoring_func", "softmax"}}), "");
}

TEST(Config, WeightsOfDeepseekV2AreScaledOrDividedByTheirSumButNotBoth) {
  const core::RouterConfig scaled = read("deepseek_v2", {{"routed_scaling_factor", 16}}).router;
  EXPECT_EQ(scaled.weights, core::WeightForm::Raw);
  EXPECT_EQ(scaled.scale, 16);
  const Json both = {{"routed_scaling_factor", 16}, {"norm_topk_prob", true}};
  const core::ModelConfig renormed = read("deepseek_v2", both);
  EXPECT_EQ(renormed.router.weights, core::WeightForm::Renorm);
  EXPECT_EQ(renormed.router.scale, 1);
  EXPECT_EQ(renormed.disagreements.size(), 1u);
  EXPECT_EQ(layers(read("deepseek_v3", {})), "d d d m ");
  EXPECT_EQ(layers(read("deepseek_v2", {})), "m m m m ");
  EXPECT_EQ(read("deepseek_v2", {}).sharedHidden, 16) << "two where the file is silent";
  EXPECT_EQ(read("deepseek_v2", {{"n_shared_experts", nullptr}}).shared, core::SharedExpert::None);
  EXPECT_EQ(layers(read("deepseek_v2", {{"n_routed_experts", nullptr}})), "d d d d ");
  EXPECT_NE(problem("deepseek_v2", {{"num_experts_per_tok", nullptr}}), "");
}

TEST(Config, PhimoeChoosesTwoBySparseMixer) {
  const core::ModelConfig config = read("phimoe", {{"router_jitter_noise", 0.2}});
  EXPECT_EQ(config.norm, core::NormKind::Layer);
  EXPECT_EQ(config.router.score, core::ScoreFunction::SparseMixer);
  EXPECT_EQ(config.router.sparseMixerJitter, 0.2);
  EXPECT_EQ(config.attention.rope.theta, 1e6);
  Json scaling = {{"type", "longrope"},  {"short_factor", {1, 1, 1, 1}}, {"long_factor", {1, 2, 3, 4}},
                  {"short_mscale", 1.2}, {"long_mscale", 1.3},           {"original_max_position_embeddings", 16}};
  const core::RopeConfig rope = read("phimoe", {{"rope_scaling", scaling}}).attention.rope;
  EXPECT_EQ(rope.shortMscale, 1.2);
  EXPECT_EQ(rope.longMscale, 1.3);
  EXPECT_NE(problem("phimoe", {{"num_experts_per_tok", 3}}).find("2, what the sparse mixer chooses"),
            std::string::npos);
  EXPECT_NE(problem("phimoe", {{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}}), "");
}

TEST(Config, MultipliersAreTheFamilysOwn) {
  const Json scales = {{"scale_emb", 12}, {"scale_depth", 1.4}, {"dim_model_base", 8}};
  const core::ModelConfig minicpm = read("minicpm", scales);
  EXPECT_EQ(minicpm.embeddingScale, 12);
  EXPECT_DOUBLE_EQ(minicpm.residualScale, 0.7);
  EXPECT_DOUBLE_EQ(minicpm.logitScale, 0.25);
  EXPECT_TRUE(minicpm.tiedEmbeddings);
  EXPECT_EQ(layers(minicpm), "d d d d ");
  EXPECT_EQ(layers(read("minicpm", {{"num_experts", 4}})), "m m m m ");

  const core::ModelConfig granite = read("granitemoe", {{"attention_multiplier", 0.5}, {"logits_scaling", 4}});
  EXPECT_EQ(granite.attention.scale, 0.5);
  EXPECT_EQ(granite.logitScale, 0.25);
  EXPECT_EQ(granite.router.score, core::ScoreFunction::None);
  EXPECT_EQ(read("granitemoe", {}).attention.scale, 1) << "not 1 / sqrt(P), in this family";
  EXPECT_NE(problem("granitemoe", {{"logits_scaling", 0}}), "");
  EXPECT_EQ(read("granitemoeshared", {}).sharedHidden, 1024);
  EXPECT_EQ(read("granitemoeshared", {{"shared_intermediate_size", 0}}).shared, core::SharedExpert::None);
}

TEST(Config, SkyworkNormsItsLogitsWhereTheFileSaysSo) {
  EXPECT_EQ(read("skywork", {}).router.logitNorm, 0);
  const core::ModelConfig config = read("skywork", {{"moe_use_logits_norm", true}, {"moe_gate_norm_std", 1.5}});
  EXPECT_EQ(config.router.logitNorm, 1.5);
  EXPECT_EQ(config.router.experts, 6);
  EXPECT_EQ(config.router.chosen, 2);
  EXPECT_EQ(read("skywork", {{"num_experts", 5}}).router.experts, 5);
  EXPECT_NE(problem("skywork", {{"num_experts", {5, 6}}}), "");
  EXPECT_NE(problem("skywork", {{"num_experts", Json::array()}}), "");
  EXPECT_NE(problem("skywork", {{"moe_2layer_gate", true}}), "");
}

TEST(Config, Llama4LayersRotateInChunksOrSeeEverything) {
  const Json experts = {{"num_local_experts", 4}, {"num_key_value_heads", 2}, {"intermediate_size_mlp", 20}};
  Json changes = experts;
  changes.update({{"attention_chunk_size", 16}, {"interleave_moe_layer_step", 2}, {"floor_scale", 32}});
  const core::ModelConfig config = read("llama4_text", changes);
  EXPECT_EQ(config.router.side, core::WeightSide::Input);
  EXPECT_EQ(config.attention.temperatureFloor, 32);
  EXPECT_EQ(layers(config), "d m d m ");
  for (size_t l = 0; l < 4; ++l) {
    EXPECT_EQ(config.layer[l].rope, l != 3);
    EXPECT_EQ(config.layer[l].chunk, l != 3 ? 16 : 0);
  }
  changes = experts;
  changes["no_rope_layers"] = {1, 0, 0, 1};
  EXPECT_TRUE(read("llama4_text", changes).layer[3].rope);
  changes["no_rope_layers"] = {1, 0};
  EXPECT_NE(problem("llama4_text", changes), "");
  Json whole = {{"model_type", "llama4"}, {"text_config", base("llama4_text")}, {"tie_word_embeddings", true}};
  whole["text_config"].update(experts);
  const auto nested = core::readModelConfig(whole.dump());
  ASSERT_TRUE(nested) << nested.error().message;
  EXPECT_TRUE(nested->tiedEmbeddings);
  EXPECT_EQ(nested->router.experts, 4);
}

TEST(Config, Grok1CapsItsLogitsAndNormsAfterItsBlocks) {
  Json changes = {{"num_experts", 6}, {"attn_output_multiplier", 0.25}};
  const core::ModelConfig config = read("grok-1", changes);
  EXPECT_EQ(config.attention.scale, 0.25);
  EXPECT_EQ(config.attention.logitCap, 30);
  EXPECT_EQ(config.activation, core::Activation::GeGluTanh);
  EXPECT_TRUE(config.postNorms);
  EXPECT_TRUE(config.tiedEmbeddings);
  changes["hidden_act"] = "relu";
  EXPECT_NE(problem("grok-1", changes), "");
}

TEST(Config, GptOssLayersSeeAWindowEveryOtherTime) {
  Json changes = {{"num_local_experts", 6},
                  {"head_dim", 8},
                  {"sliding_window", 5},
                  {"rope_parameters", {{"rope_type", "default"}}}};
  const core::ModelConfig config = read("gpt_oss", changes);
  EXPECT_TRUE(config.attention.sinks);
  EXPECT_TRUE(config.router.bias);
  EXPECT_EQ(config.activation, core::Activation::ClampedSwiGlu);
  EXPECT_EQ(layers(config), "m5 m m5 m ");
  changes["swiglu_limit"] = 6;
  EXPECT_NE(problem("gpt_oss", changes), "");
  changes.erase("swiglu_limit");
  changes["layer_types"] = {"full_attention", "sliding_attention"};
  EXPECT_NE(problem("gpt_oss", changes), "");
  changes.erase("layer_types");
  changes["quantization_config"] = {{"quant_method", "mxfp4"}};
  EXPECT_EQ(problem("gpt_oss", changes), "");
  changes["quantization_config"] = {{"quant_method", "awq"}};
  EXPECT_NE(problem("gpt_oss", changes), "");
  changes.erase("quantization_config");
  changes.erase("rope_parameters");
  EXPECT_NE(problem("gpt_oss", changes), "");
}

TEST(Config, YuanTurnsOnlyAsManyFeaturesAsAHeadOfItsWidthWouldHave) {
  const Json moe = {{"moe_num_experts", 6}, {"moe_top_k", 2}, {"norm_topk_prob", false}, {"ffn_hidden_size", 7}};
  Json changes = {{"moe_config", moe}, {"attention_projection_size", 64}, {"num_key_value_heads", 1}};
  const core::ModelConfig config = read("yuan", changes);
  EXPECT_EQ(config.attention.keyValueHeads, 4);
  EXPECT_EQ(config.attention.headDim, 16);
  EXPECT_EQ(config.attention.rope.dimensions, 8);
  EXPECT_EQ(config.attention.scale, 0.25);
  EXPECT_TRUE(config.attention.localFilter && config.router.attentionLogits && config.tiedEmbeddings);
  EXPECT_EQ(config.router.weights, core::WeightForm::Raw);
  EXPECT_EQ(config.expertHidden, 7);
  EXPECT_EQ(layers(config), "m m m m ");
  changes["moe_config"]["moe_num_experts"] = 0;
  EXPECT_EQ(layers(read("yuan", changes)), "d d d d ");
  changes["moe_config"] = moe;
  const size_t said = config.disagreements.size();
  changes["reset_attention_mask"] = true;
  EXPECT_EQ(read("yuan", changes).disagreements.size(), said + 1);
  for (const auto& [key, value] : {std::pair<const char*, Json>{"attention_projection_size", 16},
                                   {"attention_projection_size", 66},
                                   {"use_shareqk", true},
                                   {"num_attention_heads", 32},
                                   {"moe_config", nullptr}}) {
    Json wrong = changes;
    wrong[key] = value;
    EXPECT_NE(problem("yuan", wrong).find(key), std::string::npos) << problem("yuan", wrong);
  }
  for (const auto& [key, value] :
       {std::pair<const char*, Json>{"router_type", "linear"}, {"gated_linear_unit", false}, {"moe_top_k", 7}}) {
    Json wrong = changes;
    wrong["moe_config"][key] = value;
    EXPECT_NE(problem("yuan", wrong).find(key), std::string::npos) << problem("yuan", wrong);
  }
}

TEST(Config, JetMoeRoutesItsAttentionTooAndKnowsItsOldKeys) {
  Json changes = {{"num_local_experts", 6},
                  {"num_experts_per_tok", 3},
                  {"kv_channels", 10},
                  {"num_attention_heads", 6},
                  {"rms_norm_eps", 1e-3}};
  const core::ModelConfig config = read("jetmoe", changes);
  EXPECT_EQ(config.attention.heads, 6);
  EXPECT_EQ(config.attention.keyValueHeads, 2);
  EXPECT_EQ(config.attention.headDim, 10);
  EXPECT_TRUE(config.attention.tiledKeyValues);
  EXPECT_EQ(config.attentionRouter.experts, 6);
  EXPECT_EQ(config.attentionRouter.chosen, 3);
  EXPECT_EQ(config.normEps, 1e-6);
  EXPECT_EQ(config.lastNormEps(), 1e-3);
  EXPECT_EQ(config.disagreements.size(), 1u);
  const core::ModelConfig old =
      read("jetmoe", {{"moe_num_experts", 5}, {"moe_top_k", 1}, {"ffn_hidden_size", 9}, {"num_attention_heads", 2}});
  EXPECT_EQ(old.router.experts, 5);
  EXPECT_EQ(old.router.chosen, 1);
  EXPECT_EQ(old.expertHidden, 9);
  changes["num_attention_heads"] = 4;
  EXPECT_EQ(problem("jetmoe", changes),
            "config.json: num_attention_heads: expected 6, key/value heads times chosen experts, found 4");
  changes["num_attention_heads"] = 6;
  changes["kv_channels"] = 9;
  EXPECT_NE(problem("jetmoe", changes).find("kv_channels: expected an even number"), std::string::npos);
}

}  // namespace
