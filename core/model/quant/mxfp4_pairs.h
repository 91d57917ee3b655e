// MXFP4 as Hugging Face folders store it: 16 bytes of nibbles a block, element 2 j in the low and 2 j + 1 in the high
// half of byte j, and the scales in a tensor of their own. Here and in GGUF files a block is its scale, then 16 bytes
// with elements j and j + 16 in byte j (looked_up.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace core {

constexpr int kMxfp4Elements = 32;     // of a block
constexpr int kMxfp4NibbleBytes = 16;  // of a block, without its scale

// nibbles (blocks, 16), scales (blocks), to (blocks, 17)
void blocksFromMxfp4Pairs(const std::byte* nibbles, const std::byte* scales, int64_t blocks, std::byte* to);

}  // namespace core
