// Experts in MXFP4 as Hugging Face folders hold them: blocks and scales in two tensors, which must fit each other.
#include <gtest/gtest.h>

#include <fstream>

#include "core/model/loader.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

// What the golden folder's loader says when the first `from` in the header of its weights reads `to`, of equal length.
std::string problemAfter(const std::string& from, const std::string& to) {
  const fs::path golden = test::fixture("models/gpt_oss-mxfp4");
  const test::ScratchFolder scratch;
  fs::copy_file(golden / "config.json", scratch.path() / "config.json");
  std::string weights = test::readFile(golden / "model.safetensors");
  const size_t at = weights.find(from);
  if (at == weights.npos || from.size() != to.size()) return "the test itself is wrong";
  weights.replace(at, from.size(), to);
  std::ofstream(scratch.path() / "model.safetensors", std::ios::binary) << weights;
  const auto model = core::loadModel(scratch.path());
  return model ? "" : model.error().message;
}

TEST(Mxfp4Folder, ExpertsStayInTheirBlocks) {
  const auto model = core::loadModel(test::fixture("models/gpt_oss-mxfp4"));
  ASSERT_TRUE(model) << model.error().message;
  const core::Mlp& expert = (*model)->weights.layer[1].experts[2];
  for (const core::Linear* matrix : {&expert.gate, &expert.up, &expert.down}) {
    EXPECT_EQ(matrix->weight.type, core::DType::MXFP4);
    EXPECT_EQ(matrix->weight.bytes(), static_cast<size_t>(matrix->weight.elements()) / 32 * 17);
    EXPECT_TRUE(matrix->bias);
  }
  EXPECT_TRUE((*model)->config.disagreements.empty()) << (*model)->config.disagreements.front();
}

TEST(Mxfp4Folder, BlocksAndScalesThatDoNotFitAreNamed) {
  const std::string down = "model.layers.0.mlp.experts.down_proj_";
  EXPECT_EQ(problemAfter(down + "scales", down + "scalez"),
            "model.safetensors: " + down + "scales: expected beside the blocks, found no such tensor");
  EXPECT_EQ(problemAfter(down + R"(scales":{"dtype":"U8","shape":[6,64,1])", down + R"(scales":{"dtype":"U8","shape":[6,16,4])"),
            "model.safetensors: \"" + down + "scales\": expected (6, 64, 1) of U8 by config.json, found (6, 16, 4) of U8");
  EXPECT_EQ(problemAfter(down + R"(blocks":{"dtype":"U8")", down + R"(blocks":{"dtype":"I8")"),
            "model.safetensors: \"" + down +
                "blocks\": expected (6, 64, 1, 16) of U8 by config.json, found (6, 64, 1, 16) of I8");
}

}  // namespace
