#include "core/model/cost.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/engine/cpu_engine.h"
#include "core/model/loader.h"
#include "core/model/safetensors.h"
#include "tests/core/model/memory_budget.h"
#include "tests/core/model/tiny_model.h"
#include "tests/support/golden_model.h"
#include "tests/support/last_logits.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

// Sums of what the file says, by the names of its tensors.
struct FileSums {
  uint64_t all = 0, experts = 0, output = 0, embeddingRow = 0;
};

FileSums sumsOf(const std::string& name) {
  const auto file = core::SafetensorsFile::open(test::fixture("models/" + name + "/model.safetensors"));
  EXPECT_TRUE(file);
  FileSums sums;
  for (const core::SafetensorsEntry& entry : file->entries()) {
    const uint64_t bytes = entry.end - entry.begin;
    sums.all += bytes;
    const bool stacked = entry.name.ends_with("input_linear.weight") || entry.name.ends_with("output_linear.weight");
    if (stacked || entry.name.find(".experts.") != std::string::npos) {
      if (!entry.name.ends_with("bias") && entry.name.find("router") == std::string::npos) sums.experts += bytes;
    }
    if (entry.name == "lm_head.weight") sums.output = bytes;
    if (entry.name == "model.embed_tokens.weight") {
      sums.embeddingRow = bytes / static_cast<uint64_t>(entry.shape[0]);
    }
  }
  return sums;
}

TEST(ModelCost, IsTheSumOfWhatATokenReads) {
  for (const char* name :
       {"jetmoe-moa", "yuan-m32", "gpt_oss-plain", "qwen2_moe-gated-shared", "deepseek_v2-lite", "phimoe-longrope"}) {
    const test::GoldenModel golden = test::loadGoldenModel(name);
    const core::ModelConfig& config = golden.model->config;
    const FileSums sums = sumsOf(name);
    const core::ModelCost cost = core::costOf(*golden.model);
    // gpt_oss keeps biases with its experts, under other names.
    uint64_t biases = 0;
    for (const core::LayerWeights& layer : golden.model->weights.layer) {
      for (const core::Mlp& expert : layer.experts) {
        for (const core::Linear* linear : {&expert.gate, &expert.up, &expert.down})
          biases += linear->bias ? linear->bias.bytes() : 0;
      }
    }
    EXPECT_EQ(cost.expertBytes, sums.experts + biases) << name;
    // Of an embedding beside an output matrix a token reads one row; where both are equal, one of the two is not read.
    EXPECT_EQ(cost.commonBytes, sums.all - sums.experts - biases - sums.output + sums.embeddingRow) << name;
    EXPECT_EQ(cost.chosenBytes, cost.expertBytes / static_cast<uint64_t>(config.router.experts) *
                                    static_cast<uint64_t>(config.router.chosen))
        << name;
    EXPECT_EQ(cost.bytesPerToken(), cost.commonBytes + cost.chosenBytes);
    EXPECT_EQ(cost.fileBytes, golden.model->storage->fileBytes());
    const core::AttentionConfig& a = config.attention;
    const int floats = a.keyValueHeads * (a.headDim + a.valueDim()) + (a.localFilter ? config.width : 0);
    EXPECT_EQ(cost.contextBytes, static_cast<uint64_t>(4 * config.layers * floats)) << name;
  }
}

TEST(ModelCost, TimeFollowsWhatHasToComeFromTheDisk) {
  core::ModelCost cost;
  cost.fileBytes = 1000;
  cost.commonBytes = 200;
  cost.expertBytes = 800;
  cost.chosenBytes = 80;
  EXPECT_DOUBLE_EQ(core::estimatedSecondsAToken(cost, 2000, 10, 1), 28);
  EXPECT_DOUBLE_EQ(core::estimatedSecondsAToken(cost, 600, 10, 1), 24 + 40);  // half of the experts are left out
  EXPECT_DOUBLE_EQ(core::estimatedSecondsAToken(cost, 100, 10, 1), 20 + 80);
  EXPECT_GT(core::measuredMemoryRate(), 0);
  EXPECT_GT(core::availableMemory(), 0u);
}

TEST(ModelCost, IsSaidInWords) {
  EXPECT_EQ(core::bytesText(0), "0 B");
  EXPECT_EQ(core::bytesText(999), "999 B");
  EXPECT_EQ(core::bytesText(1500), "1.5 kB");
  EXPECT_EQ(core::bytesText(999999), "1.0 MB");
  EXPECT_EQ(core::bytesText(123456789), "123 MB");
  core::ModelCost cost;
  cost.fileBytes = 64000000000;
  cost.commonBytes = 1000000000;
  cost.chosenBytes = 2500000000;
  cost.contextBytes = 131072;
  EXPECT_EQ(core::describeCost(cost, 0),
            (std::vector<std::string>{
                "64.0 GB of weights, mapped; a token reads 3.5 GB of them (2.5 GB by its chosen experts)",
                "131 kB of context for a token of the sequence"}));
  EXPECT_EQ(core::describeCost(cost, 2000000000).back(),
            "2.0 GB are available here: the weights do not fit; experts are read from the disk when they are chosen, "
            "which is slow");
  EXPECT_EQ(core::describeCost(cost, 65000000000).back(), "65.0 GB are available here: the weights fit");
}

// A file of 2 GB that is all hole: 64 experts of 31 MB, of which a router without a preference takes the first two.
TEST(LargeModel, ExpertsThatAreNotChosenAreNotRead) {
  constexpr int64_t D = 64, H = 40000, E = 64, V = 32;
  const Json config = {{"model_type", "mixtral"},    {"hidden_size", D},         {"num_hidden_layers", 1},
                       {"num_attention_heads", 2},   {"num_key_value_heads", 2}, {"vocab_size", V},
                       {"intermediate_size", H},     {"num_local_experts", E},   {"num_experts_per_tok", 2},
                       {"tie_word_embeddings", true}};
  Json header = Json::object();
  uint64_t end = 0;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    uint64_t bytes = 4;
    for (const int64_t size : shape) bytes *= static_cast<uint64_t>(size);
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  };
  add("model.embed_tokens.weight", {V, D});
  add("model.norm.weight", {D});
  const std::string layer = "model.layers.0.";
  for (const char* norm : {"input_layernorm", "post_attention_layernorm"}) add(layer + norm + ".weight", {D});
  for (const char* name : {"q", "k", "v", "o"}) add(layer + "self_attn." + name + "_proj.weight", {D, D});
  add(layer + "block_sparse_moe.gate.weight", {E, D});
  for (int e = 0; e < E; ++e) {
    const std::string expert = layer + "block_sparse_moe.experts." + std::to_string(e) + ".w";
    add(expert + "1.weight", {H, D});
    add(expert + "2.weight", {D, H});
    add(expert + "3.weight", {H, D});
  }
  const test::ScratchFolder scratch;
  std::ofstream(scratch.path() / "config.json") << config.dump();
  const std::string text = header.dump();
  const uint64_t length = text.size();
  {
    std::ofstream file(scratch.path() / "model.safetensors", std::ios::binary);
    file.write(reinterpret_cast<const char*>(&length), 8);
    file << text;
  }
  std::filesystem::resize_file(scratch.path() / "model.safetensors", 8 + length + end);
  ASSERT_GT(end, uint64_t{1800} << 20);

  const int grown = test::peakGrowthMebibytes([&] {
    auto model = core::loadModel(scratch.path());
    if (!model) _exit(255);
    auto engine = core::makeCpuEngine(*model, 2);
    if (!engine) _exit(255);
    auto context = (*engine)->newContext(16);
    const std::vector<int32_t> ids = {1, 2, 3};
    if (!context || test::lastLogits(**engine, **context, ids) != std::vector<float>(V, 0)) _exit(255);
  });
  EXPECT_GE(grown, 61) << "two experts of 31 MB were not even read";
  EXPECT_LT(grown, 160) << "MiB for two experts of 31 MB, of 64";
}

}  // namespace
