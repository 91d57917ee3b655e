#include "core/model/rearrange.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/model/quant/dequantize.h"

namespace core {
namespace {

// In squares that fit the cache.
template <class Word>
void turn(const std::byte* from, std::byte* to, int64_t in, int64_t out) {
  constexpr int64_t kSquare = 32;
  for (int64_t o0 = 0; o0 < out; o0 += kSquare) {
    for (int64_t i0 = 0; i0 < in; i0 += kSquare) {
      for (int64_t o = o0; o < std::min(out, o0 + kSquare); ++o) {
        for (int64_t i = i0; i < std::min(in, i0 + kSquare); ++i) {
          std::memcpy(to + static_cast<size_t>(o * in + i) * sizeof(Word),
                      from + static_cast<size_t>(i * out + o) * sizeof(Word), sizeof(Word));
        }
      }
    }
  }
}

}  // namespace

void turnMatrix(const std::byte* from, std::byte* to, int64_t in, int64_t out, size_t elementBytes) {
  elementBytes == 4 ? turn<uint32_t>(from, to, in, out) : turn<uint16_t>(from, to, in, out);
}

void joinHeadKeys(const HeadKeys& parts, std::byte* to) {
  const DType type = parts.type();
  const auto keyCount = static_cast<size_t>(parts.rank * parts.keyDim);
  const auto valueCount = static_cast<size_t>(parts.rank * parts.valueDim);
  const size_t keyBytes = bytesOf(type, keyCount), valueBytes = bytesOf(type, valueCount);
  const bool asTheyAre = type == parts.keyType && type == parts.valueType;
  std::vector<float> widened(asTheyAre ? 0 : std::max(keyCount, valueCount));
  const auto* words = reinterpret_cast<const std::byte*>(widened.data());
  for (size_t head = 0; head < static_cast<size_t>(parts.heads); ++head, to += keyBytes + valueBytes) {
    const std::byte* key = parts.keys + head * bytesOf(parts.keyType, keyCount);
    const std::byte* value = parts.values + head * bytesOf(parts.valueType, valueCount);
    if (asTheyAre) {
      turnMatrix(key, to, parts.rank, parts.keyDim, bytesOf(type));
      std::memcpy(to + keyBytes, value, valueBytes);
      continue;
    }
    dequantize(parts.keyType, key, static_cast<int64_t>(keyCount), widened.data());
    turnMatrix(words, to, parts.rank, parts.keyDim, sizeof(float));
    dequantize(parts.valueType, value, static_cast<int64_t>(valueCount), widened.data());
    std::memcpy(to + keyBytes, words, valueBytes);
  }
}

}  // namespace core
