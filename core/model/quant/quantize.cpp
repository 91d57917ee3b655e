#include "core/model/quant/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/base/half.h"

namespace core {
namespace {

constexpr size_t kBlock = 32;
constexpr size_t kBlockBytes = 34;
constexpr float kLargest = 127;
constexpr uint16_t kNotANumber = 0x7e00;  // as a half

void quantizeBlock(std::span<const float> x, std::byte* block) {
  float most = 0;
  bool finite = true;
  for (const float value : x) {
    most = std::max(most, std::fabs(value));
    finite = finite && std::isfinite(value);
  }
  const float d = most / kLargest;
  const float inverse = d > 0 ? 1 / d : 0;
  const uint16_t scale = finite ? floatToHalf(d) : kNotANumber;
  std::array<int8_t, kBlock> q{};
  for (size_t i = 0; finite && i < kBlock; ++i) {
    // Where d is so small that its inverse is no float, so is what it scales: a half keeps nothing of either.
    const float steps = std::isfinite(inverse) ? std::round(x[i] * inverse) : 0;
    q[i] = static_cast<int8_t>(std::clamp(steps, -kLargest, kLargest));
  }
  std::memcpy(block, &scale, sizeof scale);
  std::memcpy(block + sizeof scale, q.data(), kBlock);
}

}  // namespace

void quantizeRowQ8_0(std::span<const float> x, std::byte* blocks) {
  for (size_t at = 0; at < x.size(); at += kBlock, blocks += kBlockBytes) quantizeBlock(x.subspan(at, kBlock), blocks);
}

void quantizeRowF16(std::span<const float> x, std::byte* halves) {
  for (const float value : x) {
    const uint16_t half = floatToHalf(value);
    std::memcpy(halves, &half, sizeof half);
    halves += sizeof half;
  }
}

}  // namespace core
