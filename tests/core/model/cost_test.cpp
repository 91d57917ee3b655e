#include "core/model/cost.h"

#include <gtest/gtest.h>


#include "core/model/loader.h"
#include "core/model/safetensors.h"
#include "tests/core/model/tiny_model.h"
#include "tests/support/golden_model.h"
#include "tests/support/support.h"

namespace {

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

}  // namespace
