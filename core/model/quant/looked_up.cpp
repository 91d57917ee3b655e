// Types whose four bits are a place in a table of 16 values:
//
//   IQ4_NL   18 bytes  d (a half) | nibbles[16]                                             d value
//   IQ4_XS  136        256 elements: d | high bits of the scales, 16 bits | low nibbles[4] of the scales |
//   nibbles[128];
//                      a group of 32 has a six-bit scale, minus 32                           d scale value
//   MXFP4    17        e (a byte) | nibbles[16]; the scale is the power of two 2^(e - 127)   scale value
//
// Nibbles of 32 elements lie as in blocks_of_32.cpp: byte j holds elements j and j + 16. The values of IQ4 are denser
// near zero; those of MXFP4 are the floats of one sign, two exponent and one mantissa bit (OCP Microscaling
// Formats 1.0, E2M1): 0 .5 1 1.5 2 3 4 6. They stand here doubled and the scale halved, so that the smallest scales
// lose nothing.
#include <array>
#include <bit>

#include "core/model/quant/block_bytes.h"
#include "core/model/quant/dequantize.h"

namespace core {
namespace {

constexpr std::array<float, 16> kIq4Values = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr std::array<float, 16> kE2m1Doubled = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

void lookUp(const std::byte* nibbles, const std::array<float, 16>& values, float scale, float* to) {
  for (int j = 0; j < 16; ++j) {
    const auto both = std::to_integer<size_t>(nibbles[j]);
    to[j] = scale * values[both & 15];
    to[j + 16] = scale * values[both >> 4];
  }
}

// 2^(exponent - 128): half of the scale; the two smallest are subnormal.
float halfOfPower(int exponent) {
  const auto bits = static_cast<uint32_t>(exponent);
  return std::bit_cast<float>(exponent < 2 ? 0x00200000u << bits : (bits - 1) << 23);
}

}  // namespace

void dequantizeIQ4_NL(const std::byte* block, float* to) { lookUp(block + 2, kIq4Values, halfAt(block, 0), to); }

void dequantizeIQ4_XS(const std::byte* block, float* to) {
  const float d = halfAt(block, 0);
  const int high = wordAt(block, 2);
  for (int group = 0; group < 8; ++group) {
    const int low = byteAt(block, 4 + group / 2) >> 4 * (group % 2) & 15;
    const int scale = (low | (high >> 2 * group & 3) << 4) - 32;
    lookUp(block + 8 + 16 * group, kIq4Values, d * static_cast<float>(scale), to + 32 * group);
  }
}

void dequantizeMXFP4(const std::byte* block, float* to) {
  lookUp(block + 1, kE2m1Doubled, halfOfPower(byteAt(block, 0)), to);
}

}  // namespace core
