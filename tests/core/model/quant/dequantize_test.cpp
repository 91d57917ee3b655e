// Every type against blocks of golden files whose values ggml's own code agrees with bit for bit.
#include "core/model/quant/dequantize.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "tests/support/golden_model.h"
#include "tests/support/support.h"

namespace {

using core::DType;

constexpr size_t kHeader = 192;  // of the golden files, and both tensors hold so many elements
constexpr int64_t kElements = 1536;

std::string fileName(DType type) {
  std::string name = "gguf/quant-" + std::string(core::nameOf(type));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

// What a value may be off by where the product and the minimum or offset are fused: one unit in the last place of the
// larger of the two, whose size is not known here but bounded by the largest value of its block, times four.
class Dequantize : public testing::TestWithParam<DType> {};

TEST_P(Dequantize, GivesTheGoldenBits) {
  const DType type = GetParam();
  const std::string file = test::readFile(test::fixture(fileName(type) + ".gguf"));
  const auto golden = test::readGoldenTensors(test::fixture(fileName(type) + ".expected.safetensors"));
  const size_t bytes = core::bytesOf(type, size_t{kElements});
  const size_t padded = (bytes + 31) / 32 * 32;
  ASSERT_EQ(file.size(), kHeader + 2 * padded);
  size_t at = kHeader;
  for (const char* name : {"t0.weight", "t1.weight"}) {
    const std::vector<float>& expected = golden.at(name).floats;
    ASSERT_EQ(expected.size(), size_t{kElements});
    std::vector<float> got(expected.size());
    const auto* blocks = reinterpret_cast<const std::byte*>(file.data() + at);
    core::dequantize(type, blocks, kElements, got.data());
    for (size_t i = 0; i < got.size(); ++i) {
      if (std::isnan(expected[i])) {
        EXPECT_TRUE(std::isnan(got[i])) << name << " " << i;
      } else {
        ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(expected[i]))
            << name << " " << i << ": expected " << expected[i] << ", got " << got[i];
      }
    }
    for (const int64_t i : {int64_t{0}, int64_t{31}, int64_t{300}, kElements - 1}) {
      const float alone = core::dequantizedElement(type, blocks, i);
      EXPECT_EQ(std::bit_cast<uint32_t>(alone), std::bit_cast<uint32_t>(got[static_cast<size_t>(i)]))
          << name << " " << i;
    }
    at += padded;
  }
}

std::vector<DType> allTypes() {
  std::vector<DType> types;
  for (size_t i = 0; i < core::kDTypes.size(); ++i) types.push_back(static_cast<DType>(i));
  return types;
}

INSTANTIATE_TEST_SUITE_P(, Dequantize, testing::ValuesIn(allTypes()),
                         [](const auto& test) { return std::string(core::nameOf(test.param)); });

}  // namespace
