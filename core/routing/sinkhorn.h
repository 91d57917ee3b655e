// Sinkhorn routing (Megatron-LM moe_utils.sinkhorn): scale rows and columns of c = exp(logits) in turn until every
// token has mass 1/T and every expert 1/E, then let each token choose from the scaled plan. Busy experts are scaled
// down, so choices spread without an auxiliary loss. Training only; evaluation uses plain top-k.
//
//   d0 = (1/T) / (sum_e d1 c + eps),  d1 = (1/E) / (sum_t d0 c + eps),  until mean |change of d1| <= tolerance
//   plan = d1 c d0
#pragma once

#include <span>
#include <vector>

#include "core/base/result.h"

namespace core {

struct SinkhornOptions {
  double tolerance = 1e-4;
  double eps = 1e-8;
  int maxIterations = 100000;
};

template <class S>
struct SinkhornPlan {
  std::vector<S> plan;  // (T, E)
  int iterations = 0;
};

// Errors: exp of a logit is not finite, no convergence within maxIterations.
template <class S>
Result<SinkhornPlan<S>> sinkhorn(std::span<const S> logits /* (T, E) */, int E, const SinkhornOptions& options = {});

}  // namespace core
