#include "core/model/loader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "core/base/half.h"
#include "core/model/safetensors.h"
#include "core/text/tokenizer.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;
using core::loadModel;

std::shared_ptr<const core::Model> load(const fs::path& path) {
  auto model = loadModel(path);
  EXPECT_TRUE(model.has_value()) << (model ? "" : model.error().message);
  return model ? *model : nullptr;
}

// One line a layer: kind, window, blocks.
std::string describe(const core::Model& model) {
  const core::ModelConfig& c = model.config;
  std::string text = fmt::format("{} D{} L{} V{} A{} G{} P{} E{} K{} H{} S{}", c.family, c.width, c.layers,
                                 c.vocabulary, c.attention.heads, c.attention.keyValueHeads, c.attention.headDim,
                                 c.router.experts, c.router.chosen, c.expertHidden, c.sharedHidden);
  for (const core::LayerConfig& layer : c.layer) {
    text += layer.moe ? " moe" : fmt::format(" dense{}", layer.denseHidden);
    if (layer.window) text += fmt::format("w{}", layer.window);
  }
  return text;
}

float at(const core::Tensor& tensor, int64_t row, int64_t column) {
  const std::byte* bytes =
      tensor.data + static_cast<size_t>(row * tensor.columns() + column) * core::bytesOf(tensor.type);
  if (tensor.type == core::DType::F32) {
    float value;
    std::memcpy(&value, bytes, 4);
    return value;
  }
  uint16_t half;
  std::memcpy(&half, bytes, 2);
  return tensor.type == core::DType::F16 ? core::halfToFloat(half) : core::bf16ToFloat(half);
}

TEST(LoadModel, EveryFamilyOpensWithTheSizesOfItsConfig) {
  const std::pair<const char*, const char*> cases[] = {
      {"qwen2_moe-gated-shared", "qwen2_moe D40 L4 V136 A5 G5 P8 E10 K4 H12 S20 moe moe moe moe"},
      {"mixtral-sharded", "mixtral D48 L3 V112 A6 G2 P8 E8 K2 H14 S0 moe moe moe"},
      {"olmoe-raw-topk", "olmoe D48 L3 V112 A4 G4 P12 E12 K4 H8 S0 moe moe moe"},
      {"mistral-sliding", "mistral D56 L3 V120 A7 G1 P8 E0 K0 H0 S0 dense60w9 dense60w9 dense60w9"},
      {"openmoe-base", "openmoe D40 L4 V108 A3 G3 P14 E8 K2 H12 S12 dense12 moe dense12 moe"},
      {"qwen3_moe-head-dim", "qwen3_moe D44 L3 V104 A4 G2 P16 E12 K3 H8 S0 moe moe moe"},
      {"qwen3_moe-v5-config", "qwen3_moe D40 L3 V120 A4 G4 P12 E6 K2 H12 S0 moe moe moe"},
      {"deepseek-v1", "deepseek D40 L3 V110 A4 G2 P10 E10 K3 H11 S22 dense52 moe moe"},
      {"minicpm-moe", "minicpm D48 L3 V124 A4 G4 P12 E8 K2 H15 S0 moe moe moe"},
      {"granitemoe-multipliers", "granitemoe D40 L3 V128 A4 G2 P10 E9 K3 H12 S0 moe moe moe"},
      {"granitemoeshared-ungated", "granitemoeshared D48 L3 V112 A6 G3 P8 E8 K2 H10 S22 moe moe moe"},
      {"skywork-base", "skywork D48 L3 V106 A4 G4 P12 E9 K2 H11 S0 moe moe moe"},
      {"llama4-step2", "llama4 D42 L4 V112 A4 G2 P12 E6 K1 H18 S18 dense44 moe dense44 moe"},
  };
  for (const auto& [folder, expected] : cases) {
    const auto model = load(test::fixture("models") / folder);
    ASSERT_TRUE(model);
    EXPECT_EQ(describe(*model), expected);
    EXPECT_EQ(model->name, folder);
    EXPECT_EQ(model->contentHash.size(), 32u);
    EXPECT_EQ(model->tokenizer, nullptr);
    EXPECT_NE(model->tokenizerProblem, "");
    EXPECT_TRUE(model->storage->check().has_value());
    const bool says = std::string_view(folder).starts_with("granitemoe");  // two ways of recording its parts
    EXPECT_EQ(model->config.disagreements.size(), says ? 1u : 0u) << folder;
  }
}

TEST(LoadModel, EveryTensorThatTheConfigCallsForIsThere) {
  for (const char* folder :
       {"qwen2_moe-gated-shared", "mixtral-sharded", "olmoe-raw-topk", "mistral-sliding", "openmoe-base"}) {
    SCOPED_TRACE(folder);
    const auto model = load(test::fixture("models") / folder);
    ASSERT_TRUE(model);
    const core::ModelConfig& c = model->config;
    EXPECT_TRUE(model->weights.embedding && model->weights.finalNorm.weight && model->weights.output.weight);
    for (int l = 0; l < c.layers; ++l) {
      const core::LayerWeights& layer = model->weights.layer[static_cast<size_t>(l)];
      EXPECT_TRUE(layer.query.weight && layer.key.weight && layer.value.weight && layer.output.weight);
      EXPECT_TRUE(layer.inputNorm.weight && layer.blockNorm.weight);
      EXPECT_EQ(static_cast<bool>(layer.query.bias), c.family == "qwen2_moe");
      EXPECT_EQ(static_cast<bool>(layer.queryNorm.weight), c.family == "olmoe");
      const bool moe = c.layer[static_cast<size_t>(l)].moe;
      EXPECT_EQ(static_cast<bool>(layer.dense.gate.weight), !moe);
      EXPECT_EQ(layer.experts.size(), moe ? static_cast<size_t>(c.router.experts) : 0u);
      EXPECT_EQ(static_cast<bool>(layer.shared.down.weight), moe && c.sharedHidden > 0);
      EXPECT_EQ(static_cast<bool>(layer.sharedGate.weight), moe && c.family == "qwen2_moe");
      EXPECT_EQ(static_cast<bool>(layer.sharedNorm.weight), moe && c.family == "openmoe");
      for (const core::Mlp& expert : layer.experts)
        EXPECT_TRUE(expert.gate.weight && expert.up.weight && expert.down.weight);
    }
  }
}

TEST(LoadModel, OpenMoeExpertsAreTurnedToOutIn) {
  const auto model = load(test::fixture("models") / "openmoe-base");
  ASSERT_TRUE(model);
  const auto file = core::SafetensorsFile::open(test::fixture("models") / "openmoe-base" / "model.safetensors");
  ASSERT_TRUE(file.has_value());
  const core::SafetensorsEntry* entry = file->find("model.layers.1.mlp.experts.wi_gate");  // (E, D, 2H) = (8, 40, 24)
  ASSERT_NE(entry, nullptr);
  const auto* stored = reinterpret_cast<const float*>(file->data(*entry));
  for (int64_t e : {0, 7}) {
    const core::Tensor& gate = model->weights.layer[1].experts[static_cast<size_t>(e)].gate.weight;
    ASSERT_EQ(gate.shape, (std::vector<int64_t>{24, 40}));
    for (int64_t o = 0; o < 24; ++o) {
      for (int64_t i = 0; i < 40; ++i) {
        float value;
        std::memcpy(&value, stored + (e * 40 + i) * 24 + o, 4);
        ASSERT_EQ(at(gate, o, i), value);
      }
    }
  }
}

TEST(LoadModel, TheBundledModelTiesItsOutputToItsEmbedding) {
  const auto model = load(test::asset("models") / "seed-7m");
  ASSERT_TRUE(model);
  EXPECT_TRUE(model->config.tiedEmbeddings);
  EXPECT_EQ(model->weights.output.weight.data, model->weights.embedding.data);
  EXPECT_EQ(model->tokenizerProblem, "");
  ASSERT_NE(model->tokenizer, nullptr);
  EXPECT_EQ(model->tokenizer->vocabularySize(), 4096);
  EXPECT_EQ(model->config.eos, std::vector<int32_t>{4095});
  EXPECT_EQ(describe(*model), "qwen2_moe D192 L6 V4096 A6 G6 P32 E16 K2 H96 S96 moe moe moe moe moe moe");
}

TEST(LoadModel, AFolderThatIsNoModelIsNamedWithWhatItLacks) {
  const test::ScratchFolder folder;
  const auto found = core::loadModel(folder.path());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            folder.path().string() +
                ": expected a model folder with config.json and model.safetensors, found no config.json in it");
}

TEST(LoadModel, ABrokenTokenizerIsSaidAndTheModelOpens) {
  const test::ScratchFolder scratch;
  for (const char* name : {"config.json", "model.safetensors"}) {
    fs::copy_file(test::fixture("models") / "mistral-sliding" / name, scratch.path() / name);
  }
  EXPECT_EQ(load(scratch.path())->tokenizerProblem, "no tokenizer.json or tokenizer.model in this folder");
  std::ofstream(scratch.path() / "tokenizer.model") << "x";
  const auto cut = load(scratch.path());
  EXPECT_EQ(cut->tokenizer, nullptr);
  EXPECT_NE(cut->tokenizerProblem.find("tokenizer.model"), std::string::npos) << cut->tokenizerProblem;
  std::ofstream(scratch.path() / "tokenizer.json") << "{";
  const auto broken = load(scratch.path());
  EXPECT_EQ(broken->tokenizer, nullptr);
  EXPECT_NE(broken->tokenizerProblem.find("tokenizer.json: not valid JSON"), std::string::npos)
      << broken->tokenizerProblem;
  // A tokenizer that knows more ids than the model has rows for.
  fs::copy_file(test::asset("models/seed-7m/tokenizer.json"), scratch.path() / "tokenizer.json",
                fs::copy_options::overwrite_existing);
  const auto larger = load(scratch.path());
  EXPECT_NE(larger->tokenizer, nullptr);
  EXPECT_EQ(larger->config.disagreements,
            std::vector<std::string>{
                "the tokenizer has ids up to 4095, the embedding ends at 119: prompts with tokens past it "
                "cannot be run"});
}

TEST(LoadModel, AFileCutWhileTheModelIsOpenIsReportedAndDoesNotEndTheProcess) {
  const test::ScratchFolder scratch;
  for (const char* name : {"config.json", "model.safetensors"}) {
    fs::copy_file(test::fixture("models") / "mistral-sliding" / name, scratch.path() / name);
  }
  fs::permissions(scratch.path() / "model.safetensors", fs::perms::owner_all);
  const auto model = load(scratch.path());
  ASSERT_TRUE(model);
  fs::resize_file(scratch.path() / "model.safetensors", 4096);
  float sum = 0;
  for (const core::LayerWeights& layer : model->weights.layer) sum += at(layer.dense.down.weight, 55, 59);
  EXPECT_EQ(sum, 0.0f);
  const core::Status status = model->storage->check();
  ASSERT_FALSE(status.has_value());
  EXPECT_TRUE(
      status.error().message.starts_with("model.safetensors: the file was cut short or rewritten while it was open"))
      << status.error().message;
}

TEST(LoadModel, TheContentHashFollowsTheWeightsAndTheConfig) {
  const test::ScratchFolder scratch;
  for (const char* name : {"config.json", "model.safetensors"}) {
    fs::copy_file(test::fixture("models") / "mistral-sliding" / name, scratch.path() / name);
    fs::permissions(scratch.path() / name, fs::perms::owner_all);
  }
  const std::string before = load(scratch.path())->contentHash;
  EXPECT_EQ(before, load(test::fixture("models") / "mistral-sliding")->contentHash);
  {
    std::fstream file(scratch.path() / "model.safetensors", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\x01');
  }
  const std::string after = load(scratch.path())->contentHash;
  EXPECT_NE(after, before);
  std::ofstream(scratch.path() / "config.json", std::ios::app) << "\n";
  EXPECT_NE(load(scratch.path())->contentHash, after);
}

}  // namespace
