// Blocks of every quantised type, in files cut in two, written out as the numbers they stand for.
#include <gtest/gtest.h>

#include "core/convert/convert.h"
#include "core/model/loader.h"
#include "core/model/quant/dequantize.h"
#include "tests/core/model/gguf_bytes.h"
#include "tests/support/random_blocks.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;
using test::GgufBytes;

uint32_t ggmlNumber(core::DType type) {
  for (const core::GgmlType& row : core::kGgmlTypes) {
    if (row.type == type) return row.id;
  }
  throw std::runtime_error("no such type");
}

// A dense model of one layer, width 256, whose matrices are of `type`: the first of its two files.
fs::path writeModel(const fs::path& folder, core::DType type) {
  std::vector<GgufBytes> files(2);
  GgufBytes& first = files.front();
  first.text("general.architecture", "llama");
  for (const auto& [key, value] : {std::pair("block_count", 1u),
                                   {"context_length", 16u},
                                   {"embedding_length", 256u},
                                   {"feed_forward_length", 256u},
                                   {"attention.head_count", 4u}}) {
    first.number(std::string("llama.") + key, value);
  }
  first.real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  const std::vector<std::pair<const char*, uint64_t>> matrices = {
      {"token_embd", 20},    {"output", 20},          {"blk.0.attn_q", 256},
      {"blk.0.attn_k", 256}, {"blk.0.attn_v", 256},   {"blk.0.ffn_gate", 256},
      {"blk.0.ffn_up", 256}, {"blk.0.ffn_down", 256}, {"blk.0.attn_output", 256},
  };
  uint64_t seed = 1;
  for (const auto& [name, rows] : matrices) {
    const std::vector<std::byte> bytes = test::randomWeights(type, rows * 256, seed);
    files[seed++ % 2].tensor(std::string(name) + ".weight", {256, rows}, ggmlNumber(type),
                             {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  for (const char* name : {"output_norm.weight", "blk.0.attn_norm.weight", "blk.0.ffn_norm.weight"}) {
    files[1].tensor(name, {256}, 0, test::floatBytes(std::vector<float>(256, 1.0f)));
  }
  for (uint16_t i = 0; i < 2; ++i) {
    files[i].entry("split.no", core::GgufType::UInt16, test::bytesOf(i));
    files[i].entry("split.count", core::GgufType::UInt16, test::bytesOf(uint16_t{2}));
    files[i].entry("split.tensors.count", core::GgufType::Int32, test::bytesOf(int32_t{12}));
    test::writeFile(folder / fmt::format("m-{:05}-of-00002.gguf", i + 1), files[i].file());
  }
  return folder / "m-00001-of-00002.gguf";
}

std::vector<float> floats(const core::Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.elements()));
  core::dequantize(tensor.type, tensor.data, tensor.elements(), values.data());
  return values;
}

class ConvertQuantised : public testing::TestWithParam<core::DType> {};

TEST_P(ConvertQuantised, SplitFilesBecomeAFolderOfTheSameNumbers) {
  const test::ScratchFolder scratch;
  core::ConvertRequest request;
  request.in = writeModel(scratch.path(), GetParam());
  request.out = scratch.path() / "new";
  request.type = core::ConvertType::F32;
  const auto report = core::convertModel(request);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->tensors, 12u);
  const auto before = core::loadModel(request.in), after = core::loadModel(request.out);
  ASSERT_TRUE(before.has_value() && after.has_value());
  const core::Weights &a = (*before)->weights, &b = (*after)->weights;
  EXPECT_EQ(a.embedding.type, GetParam());
  const core::LayerWeights &x = a.layer[0], &y = b.layer[0];
  const std::vector<std::pair<const core::Tensor*, const core::Tensor*>> pairs = {
      {&a.embedding, &b.embedding},
      {&a.output.weight, &b.output.weight},
      {&x.value.weight, &y.value.weight},
      {&x.output.weight, &y.output.weight},
      {&x.dense.gate.weight, &y.dense.gate.weight},
      {&x.dense.up.weight, &y.dense.up.weight},
      {&x.dense.down.weight, &y.dense.down.weight},
  };
  for (const auto& [from, to] : pairs) {
    EXPECT_EQ(to->type, core::DType::F32);
    EXPECT_EQ(floats(*from), floats(*to));
  }
  // Pairs that are turned together lie side by side in the file and half a head apart in the folder.
  const std::vector<float> from = floats(x.query.weight), to = floats(y.query.weight);
  for (size_t r = 0; r < 256; ++r) {
    const size_t head = r / 64, in = r % 64, there = head * 64 + (in % 2) * 32 + in / 2;
    for (size_t i = 0; i < 256; ++i) ASSERT_EQ(from[r * 256 + i], to[there * 256 + i]) << r << ", " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, ConvertQuantised,
                         testing::Values(core::DType::Q8_0, core::DType::Q4_0, core::DType::Q4_1, core::DType::Q5_0,
                                         core::DType::Q5_1, core::DType::Q2_K, core::DType::Q3_K, core::DType::Q4_K,
                                         core::DType::Q5_K, core::DType::Q6_K, core::DType::IQ4_NL, core::DType::IQ4_XS,
                                         core::DType::MXFP4, core::DType::BF16),
                         [](const auto& tested) { return std::string(core::nameOf(tested.param)); });

}  // namespace
