// How rows of weights lie on the device. Plain types keep their bytes. Some block formats stay packed, with their parts
// moved to whole 32-bit words, which is all that a shader reads (W words a block):
//
//   Q8_0   9   d as f32 | 8 words of signed bytes
//   Q4_0   5   d as f32 | 4 words of nibbles
//   MXFP4  5   half the scale as f32 | 4 words of nibbles
//   Q4_K  37   d, dmin as halves | 2 words of scales, a byte each | 2 of minima | 32 of nibbles
//   Q5_K  45   as Q4_K, then 8 of fifth bits
//   Q6_K  53   d as f32 | 4 words of scales, signed bytes | 32 of nibbles | 16 of high bits
//
// Within a part the order is that of the files (core/model/quant). Rows are whole blocks, back to back. All other block
// formats are unpacked to F32 when they are uploaded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/model/model.h"

namespace gpu {

constexpr uint32_t padded(uint32_t n) { return (n + 7) & ~7u; }

// What a matrix of this type becomes on the device: itself, or F32.
core::DType deviceType(core::DType type);

// Specialization constant 1 of the kernels that read weights (shaders/shared.h).
uint32_t typeConstant(core::DType onDevice);

// Of a row of so many inputs.
uint64_t rowBytes(core::DType onDevice, uint32_t inputs);

// Rows first .. first + rows - 1 of `tensor` as the device wants them; plain rows are padded with zeros.
void packRows(const core::Tensor& tensor, core::DType onDevice, uint64_t first, uint64_t rows, std::byte* to);

}  // namespace gpu
