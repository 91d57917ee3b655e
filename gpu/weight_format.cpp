#include "gpu/weight_format.h"

#include <array>
#include <cstring>

#include "core/base/check.h"
#include "core/base/half.h"
#include "core/engine/ops.h"
#include "gpu/shaders/shared.h"

namespace gpu {
namespace {

using core::DType;

struct Format {
  DType type;
  uint32_t constant;
  uint32_t words;  // of a block; 0: plain
};

constexpr std::array kFormats = {
    Format{DType::F32, kTypeF32, 0},   Format{DType::F16, kTypeF16, 0},   Format{DType::BF16, kTypeBf16, 0},
    Format{DType::Q8_0, kTypeQ80, 9},  Format{DType::Q4_0, kTypeQ40, 5},  Format{DType::MXFP4, kTypeMxfp4, 5},
    Format{DType::Q4_K, kTypeQ4K, 37}, Format{DType::Q5_K, kTypeQ5K, 45}, Format{DType::Q6_K, kTypeQ6K, 53},
};

const Format* formatOf(DType type) {
  for (const Format& format : kFormats) {
    if (format.type == type) return &format;
  }
  return nullptr;
}

// Writes the parts of a block one after the other.
class Writer {
 public:
  Writer(const std::byte* block, std::byte* to) : m_block(block), m_to(to) {}
  void copy(size_t at, size_t bytes) { put(m_block + at, bytes); }
  void halfAsFloat(size_t at) {
    uint16_t half = 0;
    std::memcpy(&half, m_block + at, sizeof half);
    const float value = core::halfToFloat(half);
    put(&value, sizeof value);
  }
  void put(const void* bytes, size_t count) {
    std::memcpy(m_to, bytes, count);
    m_to += count;
  }

 private:
  const std::byte* m_block;
  std::byte* m_to;
};

// Eight scales and eight minima of six bits, from twelve bytes (core/model/quant/blocks_of_256.cpp).
void unpackScales(const std::byte* packed, Writer& writer) {
  std::array<std::byte, 16> bytes{};
  for (size_t g = 0; g < 4; ++g) {
    const std::byte scale = packed[g], minimum = packed[g + 4], low = packed[g + 8];
    bytes[g] = scale & std::byte{63};
    bytes[g + 4] = (low & std::byte{15}) | (scale >> 6 << 4);
    bytes[g + 8] = minimum & std::byte{63};
    bytes[g + 12] = low >> 4 | (minimum >> 6 << 4);
  }
  writer.put(bytes.data(), bytes.size());
}

void packBlock(DType type, const std::byte* block, std::byte* to) {
  Writer writer(block, to);
  switch (type) {
    case DType::Q8_0:
      writer.halfAsFloat(0);
      writer.copy(2, 32);
      break;
    case DType::Q4_0:
      writer.halfAsFloat(0);
      writer.copy(2, 16);
      break;
    case DType::MXFP4: {
      const auto exponent = std::to_integer<uint32_t>(block[0]);  // half of 2^(e - 127): looked_up.cpp
      const uint32_t scale = exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23;
      writer.put(&scale, sizeof scale);
      writer.copy(1, 16);
      break;
    }
    case DType::Q4_K:
      writer.copy(0, 4);
      unpackScales(block + 4, writer);
      writer.copy(16, 128);
      break;
    case DType::Q5_K:
      writer.copy(0, 4);
      unpackScales(block + 4, writer);
      writer.copy(48, 128);
      writer.copy(16, 32);
      break;
    case DType::Q6_K:
      writer.halfAsFloat(208);
      writer.copy(192, 16);
      writer.copy(0, 192);
      break;
    default:
      CHECK(false, "{} has no packed form on the device", core::nameOf(type));
  }
}

}  // namespace

DType deviceType(DType type) { return formatOf(type) ? type : DType::F32; }

uint32_t typeConstant(DType onDevice) { return formatOf(onDevice)->constant; }

uint64_t rowBytes(DType onDevice, uint32_t inputs) {
  const uint64_t words = formatOf(onDevice)->words;
  if (words == 0) return uint64_t{padded(inputs)} * core::bytesOf(onDevice);
  return inputs / static_cast<uint32_t>(core::infoOf(onDevice).blockElements) * words * 4;
}

void packRows(const core::Tensor& tensor, DType onDevice, uint64_t first, uint64_t rows, std::byte* to) {
  const auto columns = static_cast<uint64_t>(tensor.columns());
  const uint64_t row = rowBytes(onDevice, static_cast<uint32_t>(columns));
  std::vector<float> wide(tensor.type == onDevice ? 0 : columns);
  for (uint64_t r = first; r < first + rows; ++r, to += row) {
    const std::byte* from = tensor.data + r * core::bytesOf(tensor.type, columns);
    if (!wide.empty()) {
      core::ops::row(tensor, static_cast<int64_t>(r), wide.data());
      from = reinterpret_cast<const std::byte*>(wide.data());
    }
    const core::DTypeInfo& info = core::infoOf(onDevice);
    const uint64_t words = formatOf(onDevice)->words;
    if (words == 0) {
      const uint64_t bytes = columns * core::bytesOf(onDevice);
      std::memcpy(to, from, bytes);
      std::memset(to + bytes, 0, row - bytes);
      continue;
    }
    std::byte* block = to;
    for (uint64_t b = 0; b < columns / static_cast<uint64_t>(info.blockElements); ++b, block += words * 4) {
      packBlock(onDevice, from + b * static_cast<uint64_t>(info.blockBytes), block);
    }
  }
}

}  // namespace gpu
