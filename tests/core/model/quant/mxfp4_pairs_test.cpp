#include "core/model/quant/mxfp4_pairs.h"

#include <gtest/gtest.h>

#include <array>

#include "core/model/quant/dequantize.h"

namespace {

TEST(Mxfp4Pairs, NeighboursShareAByteAndTheScaleIsAPowerOfTwo) {
  std::array<std::byte, 32> pairs{};
  for (size_t j = 0; j < 8; ++j) pairs[j] = static_cast<std::byte>((2 * j) | ((2 * j + 1) << 4));  // codes 0 .. 15
  pairs[15] = std::byte{0x70};
  pairs[16] = std::byte{0x27};
  const std::array<std::byte, 2> scales = {std::byte{128}, std::byte{126}};
  std::array<std::byte, 34> blocks{};
  core::blocksFromMxfp4Pairs(pairs.data(), scales.data(), 2, blocks.data());
  std::array<float, 64> got{};
  core::dequantize(core::DType::MXFP4, blocks.data(), 64, got.data());
  const std::array<float, 8> values = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  for (size_t code = 0; code < 8; ++code) {
    EXPECT_EQ(got[code], 2 * values[code]) << code;
    EXPECT_EQ(got[code + 8], -2 * values[code]) << code;
  }
  EXPECT_EQ(got[30], 0);
  EXPECT_EQ(got[31], 12);
  EXPECT_EQ(got[32], 3);
  EXPECT_EQ(got[33], 0.5f);
  EXPECT_EQ(got[34], 0);
}

}  // namespace
