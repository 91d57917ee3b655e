// Interventions as the numbers that chooseChanged reads: what is asked of each token in each layer, written once for
// all that ask the same.
//
//   (L, T)  factors of the shared expert's output, as floats
//   (L, T)  where the recipe of the token's choice begins, counted in words from the start of the list
//   recipes as the kRecipe... of shaders/shared.h say
#pragma once

#include <span>
#include <vector>

#include "core/engine/intervention.h"
#include "core/model/config.h"

namespace gpu {

// Errors: a policy that only the CPU engine runs, what changes cannot do together.
core::Result<std::vector<uint32_t>> encodeChanges(const core::Interventions& changes, const core::ModelConfig& config,
                                                  int firstToken, std::span<const int32_t> ids);

}  // namespace gpu
