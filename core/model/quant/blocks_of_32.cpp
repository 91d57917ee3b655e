// Types whose blocks hold 32 elements and one scale d (a half), some an offset m (a half) too. q is a small whole
// number:
//
//   Q8_0   34 bytes   d | q[32] signed                                                    d q
//   Q4_0   18         d | nibbles[16]                                                     d (q - 8)
//   Q4_1   20         d | m | nibbles[16]                                                 d q + m
//   Q5_0   22         d | fifth bits[4] | nibbles[16]                                     d (q - 16)
//   Q5_1   24         d | m | fifth bits[4] | nibbles[16]                                 d q + m
//
// Byte j of the nibbles holds element j in its low half and element j + 16 in its high half; bit i of the fifth bits
// (little-endian) belongs to element i and counts 16.
#include "core/model/quant/block_bytes.h"
#include "core/model/quant/dequantize.h"

namespace core {
namespace {

constexpr int kHalf = 16;

int nibble(const std::byte* nibbles, int i) {
  return i < kHalf ? byteAt(nibbles, i) & 15 : byteAt(nibbles, i - kHalf) >> 4;
}

int fifthBit(const std::byte* bits, int i) { return (byteAt(bits, i / 8) >> i % 8 & 1) << 4; }

}  // namespace

void dequantizeQ8_0(const std::byte* block, float* to) {
  const float d = halfAt(block, 0);
  for (int i = 0; i < 32; ++i) to[i] = d * static_cast<float>(signedAt(block, 2 + i));
}

void dequantizeQ4_0(const std::byte* block, float* to) {
  const float d = halfAt(block, 0);
  for (int i = 0; i < 32; ++i) to[i] = d * static_cast<float>(nibble(block + 2, i) - 8);
}

void dequantizeQ4_1(const std::byte* block, float* to) {
  const float d = halfAt(block, 0), m = halfAt(block, 2);
  for (int i = 0; i < 32; ++i) to[i] = d * static_cast<float>(nibble(block + 4, i)) + m;
}

void dequantizeQ5_0(const std::byte* block, float* to) {
  const float d = halfAt(block, 0);
  for (int i = 0; i < 32; ++i) to[i] = d * static_cast<float>((nibble(block + 6, i) | fifthBit(block + 2, i)) - 16);
}

void dequantizeQ5_1(const std::byte* block, float* to) {
  const float d = halfAt(block, 0), m = halfAt(block, 2);
  for (int i = 0; i < 32; ++i) to[i] = d * static_cast<float>(nibble(block + 8, i) | fifthBit(block + 4, i)) + m;
}

}  // namespace core
