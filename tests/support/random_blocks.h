// Random weights of any type, about as large as `scale`: random bytes, with scales that keep every value finite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/dtype.h"

namespace test {

// The bytes of `elements` elements, a multiple of the type's block.
std::vector<std::byte> randomWeights(core::DType type, size_t elements, uint64_t seed, float scale = 0.5f);

}  // namespace test
