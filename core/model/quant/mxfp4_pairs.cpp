#include "core/model/quant/mxfp4_pairs.h"

namespace core {

void blocksFromMxfp4Pairs(const std::byte* nibbles, const std::byte* scales, int64_t blocks, std::byte* to) {
  const auto element = [&](int i) { return nibbles[i / 2] >> 4 * (i % 2) & std::byte{15}; };
  for (int64_t b = 0; b < blocks; ++b, nibbles += kMxfp4NibbleBytes) {
    *to++ = scales[b];
    for (int j = 0; j < kMxfp4NibbleBytes; ++j) *to++ = element(j) | element(j + kMxfp4NibbleBytes) << 4;
  }
}

}  // namespace core
