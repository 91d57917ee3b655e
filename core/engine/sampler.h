// The next token from its logits. Counter-based: the draw for a position depends on the seed and the position alone, so a
// branch or a repeat draws the same.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/uniform.h"
#include "core/trace/trace.h"

namespace core {

// Temperature 0 takes the largest logit, ties to the lower id. Otherwise: keep the topK largest (0: all), divide by the
// temperature, softmax, keep the fewest whose sum reaches topP, draw.
int32_t sampleToken(const std::vector<float>& logits, const Sampling& sampling, int position);

}  // namespace core
