// Options that change which tensors a model has, on models made on the spot.
#include <gtest/gtest.h>

#include "core/engine/ops.h"
#include "core/model/loader.h"
#include "tests/core/model/tiny_model.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

constexpr int64_t D = 8, V = 11, H = 3, E = 4, A = 2, S = 5, F = 6;

// A Qwen2-MoE of two layers, the first of which may be dense.
Json qwenConfig() {
  return {{"model_type", "qwen2_moe"}, {"hidden_size", D},           {"num_hidden_layers", 2},
          {"num_attention_heads", A},  {"num_key_value_heads", A},   {"vocab_size", V},
          {"intermediate_size", F},    {"moe_intermediate_size", H}, {"shared_expert_intermediate_size", S},
          {"num_experts", E},          {"num_experts_per_tok", 2}};
}

test::TinyTensors qwenTensors(bool firstDense, bool bias, bool head) {
  test::TinyTensors tensors;
  addTensor(tensors, "model.embed_tokens.weight", {V, D});
  addTensor(tensors, "model.norm.weight", {D});
  if (head) addTensor(tensors, "lm_head.weight", {V, D});
  for (int l = 0; l < 2; ++l) {
    const std::string layer = "model.layers." + std::to_string(l) + ".";
    for (const char* norm : {"input_layernorm", "post_attention_layernorm"})
      addTensor(tensors, layer + norm + ".weight", {D});
    for (const char* name : {"q", "k", "v", "o"}) {
      addTensor(tensors, layer + "self_attn." + name + "_proj.weight", {D, D});
      if (bias && *name != 'o') addTensor(tensors, layer + "self_attn." + name + "_proj.bias", {D});
    }
    const auto mlp = [&](const std::string& prefix, int64_t hidden) {
      addTensor(tensors, layer + "mlp." + prefix + "gate_proj.weight", {hidden, D});
      addTensor(tensors, layer + "mlp." + prefix + "up_proj.weight", {hidden, D});
      addTensor(tensors, layer + "mlp." + prefix + "down_proj.weight", {D, hidden});
    };
    if (l == 0 && firstDense) {
      mlp("", F);
      continue;
    }
    addTensor(tensors, layer + "mlp.gate.weight", {E, D});
    addTensor(tensors, layer + "mlp.shared_expert_gate.weight", {1, D});
    mlp("shared_expert.", S);
    for (int e = 0; e < E; ++e) mlp("experts." + std::to_string(e) + ".", H);
  }
  return tensors;
}

// The same experts as transformers keeps them in memory: (E, 2H, D) and (E, D, H).
void fuseExperts(test::TinyTensors& tensors) {
  for (int l = 0; l < 2; ++l) {
    const std::string prefix = "model.layers." + std::to_string(l) + ".mlp.experts.";
    test::TinyTensor gateUp{{E, 2 * H, D}, {}}, down{{E, D, H}, {}};
    for (int e = 0; e < E; ++e) {
      const auto take = [&](const char* name, test::TinyTensor& into) {
        const auto part = tensors.extract(prefix + std::to_string(e) + "." + name + "_proj.weight").mapped();
        into.values.insert(into.values.end(), part.values.begin(), part.values.end());
      };
      take("gate", gateUp);
      take("up", gateUp);
      take("down", down);
    }
    tensors[prefix + "gate_up_proj"] = gateUp;
    tensors[prefix + "down_proj"] = down;
  }
}

core::Result<std::shared_ptr<const core::Model>> open(const test::ScratchFolder& scratch, const Json& config,
                                                      const test::TinyTensors& tensors) {
  test::writeModel(scratch.path(), config, tensors);
  return core::loadModel(scratch.path());
}

bool same(const core::Tensor& a, const core::Tensor& b) {
  return a.shape == b.shape && a.type == b.type && std::memcmp(a.data, b.data, a.bytes()) == 0;
}

TEST(ModelOptions, FusedExpertsAreTheSameModelAsSeparateOnes) {
  const test::ScratchFolder separate, fused;
  test::TinyTensors tensors = qwenTensors(false, true, true);
  const auto a = open(separate, qwenConfig(), tensors);
  fuseExperts(tensors);
  const auto b = open(fused, qwenConfig(), tensors);
  ASSERT_TRUE(a && b) << (b ? "" : b.error().message);
  for (size_t l = 0; l < 2; ++l) {
    for (size_t e = 0; e < E; ++e) {
      const core::Mlp& x = (*a)->weights.layer[l].experts[e];
      const core::Mlp& y = (*b)->weights.layer[l].experts[e];
      EXPECT_TRUE(same(x.gate.weight, y.gate.weight) && same(x.up.weight, y.up.weight) &&
                  same(x.down.weight, y.down.weight));
    }
  }
}

TEST(ModelOptions, AFamilyWithSharedExpertsMayHaveNone) {
  const Json config = {{"model_type", "deepseek"},    {"hidden_size", D},
                       {"num_hidden_layers", 1},      {"num_attention_heads", A},
                       {"num_key_value_heads", A},    {"vocab_size", V},
                       {"intermediate_size", F},      {"moe_intermediate_size", H},
                       {"n_routed_experts", E},       {"num_experts_per_tok", 2},
                       {"n_shared_experts", nullptr}, {"first_k_dense_replace", 0}};
  test::TinyTensors tensors = qwenTensors(false, false, true);
  std::erase_if(tensors, [](const auto& entry) {
    return entry.first.find("layers.1.") != std::string::npos || entry.first.find("shared") != std::string::npos;
  });
  const test::ScratchFolder scratch;
  const auto model = open(scratch, config, tensors);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->config.shared, core::SharedExpert::None);
  EXPECT_FALSE((*model)->weights.layer[0].shared.up.weight);
  EXPECT_TRUE((*model)->config.disagreements.empty());
}

TEST(ModelOptions, ARouterOfThreeProjectionsMayLieInOneTensor) {
  constexpr int64_t P = 12;  // of a head: wider than D / A
  const Json config = {{"model_type", "yuan"},
                       {"hidden_size", D},
                       {"num_hidden_layers", 1},
                       {"num_attention_heads", A},
                       {"vocab_size", V},
                       {"intermediate_size", F},
                       {"attention_projection_size", A * P},
                       {"moe_config", {{"moe_num_experts", E}, {"moe_top_k", 2}, {"ffn_hidden_size", H}}}};
  test::TinyTensors tensors;
  const std::string layer = "model.layers.0.", attention = layer + "self_attn.", filter = attention + "lf_gate.";
  addTensor(tensors, "model.embed_tokens.weight", {V, D});
  for (const std::string& norm : {std::string("model.norm"), layer + "input_layernorm",
                                  layer + "post_attention_layernorm", filter + "output_layernorm"}) {
    addTensor(tensors, norm + ".weight", {D});
  }
  addTensor(tensors, filter + "conv1.weight", {D / 2, D, 2, 1});
  addTensor(tensors, filter + "conv1.bias", {D / 2});
  addTensor(tensors, filter + "conv2.weight", {D, D / 2, 2, 1});
  addTensor(tensors, filter + "conv2.bias", {D});
  for (const char* name : {"q", "k", "v"}) addTensor(tensors, attention + name + "_proj.weight", {A * P, D});
  addTensor(tensors, attention + "o_proj.weight", {D, A * P});
  for (int e = 0; e < E; ++e) {
    addTensor(tensors, layer + "mlp.experts." + std::to_string(e) + ".w1.weight", {2 * H, D});
    addTensor(tensors, layer + "mlp.experts." + std::to_string(e) + ".w2.weight", {D, H});
  }
  test::TinyTensor fused{{3 * E, D}, {}};
  test::TinyTensors separate = tensors;
  for (const char* name : {"query", "key", "value"}) {
    const std::string full = layer + "mlp.gate." + name + ".weight";
    addTensor(separate, full, {E, D});
    fused.values.insert(fused.values.end(), separate[full].values.begin(), separate[full].values.end());
  }
  tensors[layer + "mlp.gate.query_key_value.weight"] = fused;
  const test::ScratchFolder one, two;
  const auto a = open(one, config, separate), b = open(two, config, tensors);
  ASSERT_TRUE(a && b) << (a ? b.error().message : a.error().message);
  const core::LayerWeights& x = (*a)->weights.layer[0];
  const core::LayerWeights& y = (*b)->weights.layer[0];
  EXPECT_TRUE(same(x.router.weight, y.router.weight) && same(x.routerKey.weight, y.routerKey.weight) &&
              same(x.routerValue.weight, y.routerValue.weight));
  // Head 0 takes its query and its key from the first rows of q_proj, head 1 from those of k_proj.
  const auto first = [](const core::Tensor& tensor, int64_t row) { return core::ops::element(tensor, row * D); };
  const auto value = [&](const char* name, int64_t row) {
    return separate[attention + name + "_proj.weight"].values[static_cast<size_t>(row * D)];
  };
  EXPECT_EQ(first(x.query.weight, 0), value("q", 0));
  EXPECT_EQ(first(x.key.weight, 0), value("q", P));
  EXPECT_EQ(first(x.query.weight, P), value("k", 0));
  EXPECT_EQ(first(x.key.weight, P), value("k", P));
  EXPECT_EQ(x.filterFirst.weight.shape, (std::vector<int64_t>{D / 2, 2 * D}));
  tensors[filter + "conv1.weight"].shape = {D / 2, 2 * D};
  EXPECT_NE(open(two, config, tensors).error().message.find("conv1.weight: expected (4, 8, 2, 1) by config.json"),
            std::string::npos);
}

TEST(ModelOptions, DenseLayersTakeTheirOwnBlock) {
  const test::ScratchFolder scratch;
  Json config = qwenConfig();
  config["decoder_sparse_step"] = 2;
  const auto model = open(scratch, config, qwenTensors(true, true, true));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->weights.layer[0].dense.gate.weight.shape, (std::vector<int64_t>{F, D}));
  EXPECT_TRUE((*model)->weights.layer[0].experts.empty());
  EXPECT_EQ((*model)->weights.layer[1].experts.size(), static_cast<size_t>(E));
}

TEST(ModelOptions, BiasesAreReadWhereTheConfigSaysSo) {
  const test::ScratchFolder scratch;
  Json config = qwenConfig();
  const auto missing = open(scratch, config, qwenTensors(false, false, true));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "model.safetensors: model.layers.0.self_attn.q_proj.bias: expected (8), found no such tensor; the file may "
            "belong to another config.json");
  config["qkv_bias"] = false;
  const auto without = open(scratch, config, qwenTensors(false, false, true));
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_FALSE((*without)->weights.layer[0].query.bias);
  const auto unused = open(scratch, config, qwenTensors(false, true, true));
  ASSERT_TRUE(unused);
  EXPECT_FALSE((*unused)->weights.layer[0].query.bias);
  EXPECT_EQ((*unused)->config.disagreements,
            std::vector<std::string>{
                "6 tensors of the files are not used, \"model.layers.0.self_attn.k_proj.bias\" the first"});
}

TEST(ModelOptions, TiedEmbeddingsFollowTheFile) {
  const test::ScratchFolder scratch;
  Json config = qwenConfig();
  EXPECT_FALSE(open(scratch, config, qwenTensors(false, true, false)));  // not tied, and no output matrix
  config["tie_word_embeddings"] = true;
  const auto tied = open(scratch, config, qwenTensors(false, true, false));
  ASSERT_TRUE(tied);
  EXPECT_TRUE((*tied)->config.tiedEmbeddings);
  EXPECT_TRUE(same((*tied)->weights.output.weight, (*tied)->weights.embedding));
  // Both are there and differ: the file's own output matrix counts.
  const auto both = open(scratch, config, qwenTensors(false, true, true));
  ASSERT_TRUE(both);
  EXPECT_FALSE((*both)->config.tiedEmbeddings);
  EXPECT_FALSE(same((*both)->weights.output.weight, (*both)->weights.embedding));
  EXPECT_EQ((*both)->config.disagreements.size(), 1u);
  // Both are there and are equal.
  test::TinyTensors tensors = qwenTensors(false, true, false);
  tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"];
  EXPECT_TRUE((*open(scratch, config, tensors))->config.tiedEmbeddings);
  // Only the output matrix is there.
  tensors.erase("model.embed_tokens.weight");
  EXPECT_TRUE((*open(scratch, config, tensors))->weights.embedding);
}

TEST(ModelOptions, MissingExpertsAndWrongShapesAreNamed) {
  const test::ScratchFolder scratch;
  test::TinyTensors tensors = qwenTensors(false, true, true);
  tensors.erase("model.layers.1.mlp.experts.3.up_proj.weight");
  EXPECT_EQ(
      open(scratch, qwenConfig(), tensors).error().message,
      "model.safetensors: model.layers.1.mlp.experts.3.up_proj.weight: expected (3, 8), found no such tensor; the "
      "file may belong to another config.json");
  addTensor(tensors, "model.layers.1.mlp.experts.3.up_proj.weight", {D, H});
  EXPECT_EQ(
      open(scratch, qwenConfig(), tensors).error().message,
      "model.safetensors: model.layers.1.mlp.experts.3.up_proj.weight: expected (3, 8) by config.json, found (8, 3); "
      "the two may belong to different models");
}

TEST(ModelOptions, ModelsOpenByTheirFolderOrTheirConfig) {
  const test::ScratchFolder scratch;
  ASSERT_TRUE(open(scratch, qwenConfig(), qwenTensors(false, true, true)));
  EXPECT_TRUE(core::loadModel(scratch.path() / "config.json"));
  EXPECT_FALSE(core::loadModel(scratch.path() / "model.safetensors"));
  EXPECT_FALSE(core::loadModel(scratch.path() / "nothing"));
  EXPECT_EQ((*core::loadModel(scratch.path(), "mine"))->name, "mine");
}

}  // namespace
