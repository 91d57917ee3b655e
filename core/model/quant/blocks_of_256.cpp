// The K types: 256 elements share d (and dmin) as halves, and each group of 16 or 32 has a small whole-number scale
// (and minimum) of its own, so that an element is d scale q (- dmin minimum).
//
//   Q2_K   84 bytes  scales[16]: scale low, minimum high nibble, of 16 elements | q[64], 2 bits | d | dmin
//   Q3_K  110        high bits[32] | q[64], 2 bits | scales[12], 6 bits, of 16 elements, minus 32 | d
//   Q4_K  144        d | dmin | scales[12], 6 bits, scale and minimum of 32 elements | nibbles[128]
//   Q5_K  176        d | dmin | scales[12] as Q4_K | fifth bits[32] | nibbles[128]
//   Q6_K  210        nibbles[128] | two high bits[64] | scales[16] signed, of 16 elements | d
//
// Where bits of an element lie (e = 0 .. 255):
//   2-bit q:    byte 32 (e / 128) + e % 32, at bit 2 (e / 32 % 4)
//   nibbles of Q4_K, Q5_K:  byte 32 (e / 64) + e % 32, the high half for e / 32 odd; fifth bit: byte e % 32, bit e / 32
//   high bit of Q3_K:  byte e % 32, bit e / 32; where it is 0, 4 is taken off
//   Q6_K:  nibble in byte 64 (e / 128) + e % 64, the high half for e % 128 >= 64; high bits in byte 32 (e / 128) + e %
//   32,
//          at bit 2 (e / 32 % 4); the six bits minus 32
//
// The 12 scale bytes of Q4_K and Q5_K hold 8 scales and 8 minima: of groups 0 to 3 in the low six bits of bytes 0 to 3
// (scales) and 4 to 7 (minima); of groups 4 to 7 the low four bits in the low (scales) and high (minima) halves of
// bytes 8 to 11, the upper two in bits 6 and 7 of bytes 0 to 3 and 4 to 7. Q3_K's 16 scales: low four bits in the low
// (0 to 7) and high (8 to 15) halves of bytes 0 to 7, upper two in bytes 8 to 11, bits 2 (i / 4).
#include <array>

#include "core/model/quant/block_bytes.h"
#include "core/model/quant/dequantize.h"

namespace core {
namespace {

constexpr int kElements = 256;

int twoBits(const std::byte* bytes, int e) { return byteAt(bytes, 32 * (e / 128) + e % 32) >> 2 * (e / 32 % 4) & 3; }

int nibble(const std::byte* bytes, int e) { return byteAt(bytes, 32 * (e / 64) + e % 32) >> 4 * (e / 32 % 2) & 15; }

struct ScaleAndMinimum {
  int scale, minimum;
};

ScaleAndMinimum scaleAndMinimum(const std::byte* scales, int group) {
  if (group < 4) return {byteAt(scales, group) & 63, byteAt(scales, group + 4) & 63};
  const int low = byteAt(scales, group + 4);
  return {(low & 15) | byteAt(scales, group - 4) >> 6 << 4, low >> 4 | byteAt(scales, group) >> 6 << 4};
}

int threeBitScale(const std::byte* scales, int group) {
  const int low = byteAt(scales, group % 8) >> 4 * (group / 8) & 15;
  return (low | (byteAt(scales, 8 + group % 4) >> 2 * (group / 4) & 3) << 4) - 32;
}

// Elements of Q4_K and Q5_K; `fifth` null: none.
void withMinima(const std::byte* block, const std::byte* fifth, const std::byte* nibbles, float* to) {
  const float d = halfAt(block, 0), dmin = halfAt(block, 2);
  for (int group = 0; group < 8; ++group) {
    const ScaleAndMinimum of = scaleAndMinimum(block + 4, group);
    const float scale = d * static_cast<float>(of.scale), minimum = dmin * static_cast<float>(of.minimum);
    for (int e = 32 * group; e < 32 * group + 32; ++e) {
      const int high = fifth ? (byteAt(fifth, e % 32) >> group & 1) << 4 : 0;
      to[e] = scale * static_cast<float>(nibble(nibbles, e) | high) - minimum;
    }
  }
}

}  // namespace

void dequantizeQ2_K(const std::byte* block, float* to) {
  const float d = halfAt(block, 80), dmin = halfAt(block, 82);
  for (int e = 0; e < kElements; ++e) {
    const int both = byteAt(block, e / 16);
    const float scale = d * static_cast<float>(both & 15), minimum = dmin * static_cast<float>(both >> 4);
    to[e] = scale * static_cast<float>(twoBits(block + 16, e)) - minimum;
  }
}

void dequantizeQ3_K(const std::byte* block, float* to) {
  const float d = halfAt(block, 108);
  for (int e = 0; e < kElements; ++e) {
    const float scale = d * static_cast<float>(threeBitScale(block + 96, e / 16));
    const int high = byteAt(block, e % 32) >> e / 32 & 1;
    to[e] = scale * static_cast<float>(twoBits(block + 32, e) - (high ? 0 : 4));
  }
}

void dequantizeQ4_K(const std::byte* block, float* to) { withMinima(block, nullptr, block + 16, to); }

void dequantizeQ5_K(const std::byte* block, float* to) { withMinima(block, block + 16, block + 48, to); }

void dequantizeQ6_K(const std::byte* block, float* to) {
  const float d = halfAt(block, 208);
  for (int e = 0; e < kElements; ++e) {
    const int half = e / 128;
    const int low = byteAt(block, 64 * half + e % 64) >> 4 * (e % 128 / 64) & 15;
    const int high = byteAt(block, 128 + 32 * half + e % 32) >> 2 * (e / 32 % 4) & 3;
    const float scale = d * static_cast<float>(signedAt(block, 192 + e / 16));
    to[e] = scale * static_cast<float>((low | high << 4) - 32);
  }
}

}  // namespace core
