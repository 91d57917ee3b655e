// Number formats of weights as they lie in files and in memory: plain floats, and the block types of ggml, in which a
// row is cut into blocks of 32 or 256 elements that share scales. The layouts of the blocks: core/model/quant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace core {

// Adding a type: a row in kDTypes, in this order, and its ggml number in kGgmlTypes.
enum class DType : uint8_t {
  F32,
  F16,
  BF16,
  Q8_0,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  IQ4_NL,
  IQ4_XS,
  MXFP4,
};

struct DTypeInfo {
  std::string_view name;
  int blockElements;  // 1 for plain floats
  int blockBytes;
};

constexpr std::array<DTypeInfo, 16> kDTypes = {{
    {"F32", 1, 4},
    {"F16", 1, 2},
    {"BF16", 1, 2},
    {"Q8_0", 32, 34},
    {"Q4_0", 32, 18},
    {"Q4_1", 32, 20},
    {"Q5_0", 32, 22},
    {"Q5_1", 32, 24},
    {"Q2_K", 256, 84},
    {"Q3_K", 256, 110},
    {"Q4_K", 256, 144},
    {"Q5_K", 256, 176},
    {"Q6_K", 256, 210},
    {"IQ4_NL", 32, 18},
    {"IQ4_XS", 256, 136},
    {"MXFP4", 32, 17},
}};

constexpr const DTypeInfo& infoOf(DType type) { return kDTypes[static_cast<size_t>(type)]; }
constexpr std::string_view nameOf(DType type) { return infoOf(type).name; }
constexpr bool isQuantised(DType type) { return infoOf(type).blockElements > 1; }

// Of one element of a plain float type; nothing but whole blocks of a quantised one has a size, see below.
constexpr size_t bytesOf(DType type) { return static_cast<size_t>(infoOf(type).blockBytes); }

// Of so many elements, whole blocks of them.
constexpr size_t bytesOf(DType type, size_t elements) {
  const DTypeInfo& info = infoOf(type);
  return elements / static_cast<size_t>(info.blockElements) * static_cast<size_t>(info.blockBytes);
}

// The numbers that GGUF files give to types. `type` is empty for those that are not computed with; they are known so
// that a file's sizes can be checked and a tensor refused by its type's name.
struct GgmlType {
  uint32_t id;
  std::string_view name;
  int blockElements;
  int blockBytes;
  std::optional<DType> type;
};

constexpr GgmlType ggmlRow(uint32_t id, DType type) {
  return {id, nameOf(type), infoOf(type).blockElements, infoOf(type).blockBytes, type};
}

constexpr std::array<GgmlType, 33> kGgmlTypes = {{
    ggmlRow(0, DType::F32),
    ggmlRow(1, DType::F16),
    ggmlRow(2, DType::Q4_0),
    ggmlRow(3, DType::Q4_1),
    ggmlRow(6, DType::Q5_0),
    ggmlRow(7, DType::Q5_1),
    ggmlRow(8, DType::Q8_0),
    {9, "Q8_1", 32, 36, std::nullopt},
    ggmlRow(10, DType::Q2_K),
    ggmlRow(11, DType::Q3_K),
    ggmlRow(12, DType::Q4_K),
    ggmlRow(13, DType::Q5_K),
    ggmlRow(14, DType::Q6_K),
    {15, "Q8_K", 256, 292, std::nullopt},
    {16, "IQ2_XXS", 256, 66, std::nullopt},
    {17, "IQ2_XS", 256, 74, std::nullopt},
    {18, "IQ3_XXS", 256, 98, std::nullopt},
    {19, "IQ1_S", 256, 50, std::nullopt},
    ggmlRow(20, DType::IQ4_NL),
    {21, "IQ3_S", 256, 110, std::nullopt},
    {22, "IQ2_S", 256, 82, std::nullopt},
    ggmlRow(23, DType::IQ4_XS),
    {24, "I8", 1, 1, std::nullopt},
    {25, "I16", 1, 2, std::nullopt},
    {26, "I32", 1, 4, std::nullopt},
    {27, "I64", 1, 8, std::nullopt},
    {28, "F64", 1, 8, std::nullopt},
    {29, "IQ1_M", 256, 56, std::nullopt},
    ggmlRow(30, DType::BF16),
    {34, "TQ1_0", 256, 54, std::nullopt},
    {35, "TQ2_0", 256, 66, std::nullopt},
    ggmlRow(39, DType::MXFP4),
    {40, "NVFP4", 64, 36, std::nullopt},
}};

// Null for a number that no type has, or that a removed one had.
constexpr const GgmlType* ggmlType(uint32_t id) {
  for (const GgmlType& row : kGgmlTypes) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

}  // namespace core
