#include "core/model/quant/dequantize.h"

#include <array>
#include <cstring>

#include "core/base/half.h"

namespace core {
namespace {

using BlockFunction = void (*)(const std::byte* block, float* to);

BlockFunction functionOf(DType type) {
  switch (type) {
    case DType::F32:
    case DType::F16:
    case DType::BF16:
      return nullptr;
    case DType::Q8_0:
      return dequantizeQ8_0;
    case DType::Q4_0:
      return dequantizeQ4_0;
    case DType::Q4_1:
      return dequantizeQ4_1;
    case DType::Q5_0:
      return dequantizeQ5_0;
    case DType::Q5_1:
      return dequantizeQ5_1;
    case DType::Q2_K:
      return dequantizeQ2_K;
    case DType::Q3_K:
      return dequantizeQ3_K;
    case DType::Q4_K:
      return dequantizeQ4_K;
    case DType::Q5_K:
      return dequantizeQ5_K;
    case DType::Q6_K:
      return dequantizeQ6_K;
    case DType::IQ4_NL:
      return dequantizeIQ4_NL;
    case DType::IQ4_XS:
      return dequantizeIQ4_XS;
    case DType::MXFP4:
      return dequantizeMXFP4;
  }
  return nullptr;
}

void widen(DType type, const std::byte* from, int64_t count, float* to) {
  if (type == DType::F32) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, from + i * 2, 2);
    to[i] = type == DType::F16 ? halfToFloat(bits) : bf16ToFloat(bits);
  }
}

}  // namespace

void dequantize(DType type, const std::byte* blocks, int64_t elements, float* to) {
  const BlockFunction function = functionOf(type);
  if (!function) {
    widen(type, blocks, elements, to);
    return;
  }
  const DTypeInfo& info = infoOf(type);
  for (int64_t done = 0; done < elements; done += info.blockElements) {
    function(blocks, to + done);
    blocks += info.blockBytes;
  }
}

float dequantizedElement(DType type, const std::byte* blocks, int64_t index) {
  const DTypeInfo& info = infoOf(type);
  std::array<float, kMostBlockElements> block;
  dequantize(type, blocks + index / info.blockElements * info.blockBytes, info.blockElements, block.data());
  return block[static_cast<size_t>(index % info.blockElements)];
}

}  // namespace core
