// Blocks of quantised weights to floats, the readable way: one function for each type, loops over the bytes as the
// picture above it draws them. The kernels with vector instructions and the shaders are held against these; types that
// have no such kernel are computed with through them, a few blocks at a time.
//
// The layouts are those of ggml (its C structs are packed, little-endian). Every result is one product, or a product
// and a difference or sum, in float: the same bits as ggml's own code, save for the last one where a compiler fuses the
// two.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/dtype.h"

namespace core {

// `elements` from the block at `blocks` on; plain types are widened. elements is a multiple of the type's block.
void dequantize(DType type, const std::byte* blocks, int64_t elements, float* to);

// Element `index` of rows of whole blocks that begin at `blocks`.
float dequantizedElement(DType type, const std::byte* blocks, int64_t index);

// One block each: `block` holds blockBytes bytes, `to` takes blockElements floats.
void dequantizeQ8_0(const std::byte* block, float* to);
void dequantizeQ4_0(const std::byte* block, float* to);
void dequantizeQ4_1(const std::byte* block, float* to);
void dequantizeQ5_0(const std::byte* block, float* to);
void dequantizeQ5_1(const std::byte* block, float* to);
void dequantizeQ2_K(const std::byte* block, float* to);
void dequantizeQ3_K(const std::byte* block, float* to);
void dequantizeQ4_K(const std::byte* block, float* to);
void dequantizeQ5_K(const std::byte* block, float* to);
void dequantizeQ6_K(const std::byte* block, float* to);
void dequantizeIQ4_NL(const std::byte* block, float* to);
void dequantizeIQ4_XS(const std::byte* block, float* to);
void dequantizeMXFP4(const std::byte* block, float* to);

// Largest number of elements a block of any type has.
constexpr int kMostBlockElements = 256;

}  // namespace core
