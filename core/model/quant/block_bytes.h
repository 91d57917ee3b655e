// Reads from the bytes of a block; for the files of this folder.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/half.h"

namespace core {

inline int byteAt(const std::byte* block, int at) { return std::to_integer<int>(block[at]); }
inline int signedAt(const std::byte* block, int at) { return static_cast<int8_t>(byteAt(block, at)); }
inline int wordAt(const std::byte* block, int at) { return byteAt(block, at) | byteAt(block, at + 1) << 8; }
inline float halfAt(const std::byte* block, int at) { return halfToFloat(static_cast<uint16_t>(wordAt(block, at))); }

}  // namespace core
