#include "core/model/quant/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "core/base/half.h"
#include "core/model/quant/dequantize.h"

namespace {

std::vector<float> rowOf(size_t count, uint32_t seed, float scale) {
  std::mt19937 generator(seed);
  std::vector<float> row(count);
  for (float& value : row) value = scale * (static_cast<float>(generator() >> 8) / 8388608.0f - 1);
  return row;
}

std::vector<std::byte> quantized(const std::vector<float>& row) {
  std::vector<std::byte> blocks(row.size() / 32 * 34);
  core::quantizeRowQ8_0(row, blocks.data());
  return blocks;
}

TEST(Quantize, Q8_0IsTheNearestOf255StepsOfEachBlock) {
  for (const float scale : {1.f, 1e-3f, 300.f}) {
    const std::vector<float> row = rowOf(96, 5, scale);
    const std::vector<std::byte> blocks = quantized(row);
    for (size_t b = 0; b < 3; ++b) {
      float most = 0;
      for (size_t i = 0; i < 32; ++i) most = std::fabs(row[32 * b + i]) > most ? std::fabs(row[32 * b + i]) : most;
      uint16_t d = 0;
      std::memcpy(&d, blocks.data() + 34 * b, 2);
      EXPECT_EQ(d, core::floatToHalf(most / 127));
      for (size_t i = 0; i < 32; ++i) {
        int nearest = -127;  // the naive way: try every step
        for (int q = -127; q <= 127; ++q) {
          const double step = static_cast<double>(most) / 127;
          if (std::fabs(q * step - row[32 * b + i]) < std::fabs(nearest * step - row[32 * b + i])) nearest = q;
        }
        EXPECT_EQ(static_cast<int>(static_cast<int8_t>(blocks[34 * b + 2 + i])), nearest) << b << " " << i;
      }
    }
  }
}

TEST(Quantize, Q8_0ComesBackWithinHalfAStepAndTheRoundingOfItsScale) {
  const std::vector<float> row = rowOf(1024, 6, 2);
  const std::vector<std::byte> blocks = quantized(row);
  std::vector<float> back(row.size());
  core::dequantize(core::DType::Q8_0, blocks.data(), 1024, back.data());
  for (size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(back[i], row[i], 2.0 / 254 + 2.0 / 2048);
}

TEST(Quantize, ABlockOfZerosAndOneOfTheSmallestFloatsBecomeZeros) {
  std::vector<float> row(64, 0.f);
  row[40] = std::numeric_limits<float>::denorm_min();
  const std::vector<std::byte> blocks = quantized(row);
  for (const std::byte byte : blocks) EXPECT_EQ(byte, std::byte{0});
}

TEST(Quantize, ABlockThatHoldsSomethingInfiniteIsNotMadeFinite) {
  std::vector<float> row(96, 1.f);
  row[3] = INFINITY;
  row[70] = NAN;
  const std::vector<std::byte> blocks = quantized(row);
  std::vector<float> back(row.size());
  core::dequantize(core::DType::Q8_0, blocks.data(), 96, back.data());
  EXPECT_TRUE(std::isnan(back[3]) && std::isnan(back[70]));
  EXPECT_NEAR(back[40], 1, 1e-3);
}

TEST(Quantize, HalvesAreRoundedToTheNearestEvenOne) {
  const std::vector<float> row = {1.f, 1.00048828125f, 1.00146484375f, -65520.f, 1e-8f};
  std::vector<std::byte> halves(row.size() * 2);
  core::quantizeRowF16(row, halves.data());
  std::vector<float> back(row.size());
  core::dequantize(core::DType::F16, halves.data(), 5, back.data());
  EXPECT_EQ(back, (std::vector<float>{1.f, 1.f, 1.001953125f, -INFINITY, 0.f}));
}

}  // namespace
