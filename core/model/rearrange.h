// Copies of matrices that lie otherwise in a file than in memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/dtype.h"

namespace core {

// (in, out) to (out, in), for elements of 2 or 4 bytes.
void turnMatrix(const std::byte* from, std::byte* to, int64_t in, int64_t out, size_t elementBytes);

struct HeadKeys {
  DType keyType = DType::F32, valueType = DType::F32;
  const std::byte* keys = nullptr;    // (heads, rank, keyDim)
  const std::byte* values = nullptr;  // (heads, valueDim, rank)
  int64_t heads = 0, rank = 0, keyDim = 0, valueDim = 0;

  // Plain numbers of one type stay as they are; blocks cannot be turned and are widened.
  DType type() const { return keyType == valueType && !isQuantised(keyType) ? keyType : DType::F32; }
};

// To (heads * (keyDim + valueDim), rank) of type(): a head's key before its value.
void joinHeadKeys(const HeadKeys& parts, std::byte* to);

}  // namespace core
