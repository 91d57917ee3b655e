// Floats to blocks. Rounding is to the nearest, ties away from zero for Q8_0 (as ggml's reference rounds) and to even
// for F16; both are the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace core {

// d = max |x| / 127 as a half, q = round(x / d) with the d before it was rounded to a half. `x` holds whole blocks of
// 32; `blocks` takes 34 bytes for each. A block with an infinity or a not-a-number becomes one of not-a-numbers: what
// it meant cannot be kept, and nothing finite is made up for it.
void quantizeRowQ8_0(std::span<const float> x, std::byte* blocks);

// Halves, 2 bytes each. Past 65504 they become infinite.
void quantizeRowF16(std::span<const float> x, std::byte* halves);

}  // namespace core
