#include "tests/support/random_blocks.h"

#include <cstring>
#include <random>

#include "core/base/half.h"

namespace test {
namespace {

using core::DType;

struct Scales {
  int scale;       // byte offset of the half that multiplies
  int offset;      // of the half that is added or, times a minimum, taken off; -1: none
  float largest;   // whole number that the scale may meet
  float smallest;  // that the offset may meet
};

Scales scalesOf(DType type) {
  switch (type) {
    case DType::Q4_0:
      return {0, -1, 8, 0};
    case DType::Q4_1:
      return {0, 2, 15, 1};
    case DType::Q5_0:
      return {0, -1, 16, 0};
    case DType::Q5_1:
      return {0, 2, 31, 1};
    case DType::Q2_K:
      return {80, 82, 15 * 3, 15};
    case DType::Q3_K:
      return {108, -1, 32 * 4, 0};
    case DType::Q4_K:
      return {0, 2, 63 * 15, 63};
    case DType::Q5_K:
      return {0, 2, 63 * 31, 63};
    case DType::Q6_K:
      return {208, -1, 128 * 32, 0};
    case DType::IQ4_XS:
      return {0, -1, 32 * 127, 0};
    default:
      return {0, -1, 127, 0};  // Q8_0, IQ4_NL
  }
}

void put(std::byte* at, float value) {
  const uint16_t half = core::floatToHalf(value);
  std::memcpy(at, &half, sizeof half);
}

}  // namespace

std::vector<std::byte> randomWeights(DType type, size_t elements, uint64_t seed, float scale) {
  std::mt19937_64 generator(seed);
  const auto uniform = [&] { return scale * (static_cast<float>(generator() >> 40) / 8388608.0f - 1); };
  std::vector<std::byte> bytes(core::bytesOf(type, elements));
  const auto step = core::bytesOf(type);
  for (size_t at = 0; at < bytes.size(); at += step) {
    std::byte* block = bytes.data() + at;
    if (!core::isQuantised(type)) {
      const float value = uniform();
      const uint16_t half = type == DType::F16 ? core::floatToHalf(value) : core::floatToBf16(value);
      if (type == DType::F32) std::memcpy(block, &value, sizeof value);
      if (type != DType::F32) std::memcpy(block, &half, sizeof half);
      continue;
    }
    for (size_t i = 0; i < step; ++i) block[i] = static_cast<std::byte>(generator() >> 30);
    if (type == DType::MXFP4) {
      block[0] = static_cast<std::byte>(120 + (generator() >> 60) % 4);  // 2^-7 to 2^-4, times up to 6
      continue;
    }
    const Scales scales = scalesOf(type);
    put(block + scales.scale, uniform() / scales.largest);
    if (scales.offset >= 0) put(block + scales.offset, uniform() / scales.smallest);
  }
  return bytes;
}

}  // namespace test
