// Number formats of weights as they lie in files and in memory.
#pragma once

#include <cstdint>
#include <string_view>

namespace core {

enum class DType : uint8_t { F32, F16, BF16 };

constexpr size_t bytesOf(DType type) { return type == DType::F32 ? 4 : 2; }
constexpr std::string_view nameOf(DType type) {
  return type == DType::F32 ? "F32" : type == DType::F16 ? "F16" : "BF16";
}

}  // namespace core
