// Straight-through estimator (Bengio et al. 2013): a hard choice forward, a soft gradient backward.
//
//   w = h + p - stop(p):  value h (the chosen experts get `value`, the others 0), gradient that of p = softmax(l)
//
// The gradient with respect to the logits is p (U - sum p U). If only the chosen experts were run, U is zero for the
// others.
#pragma once

#include <cstdint>
#include <span>

namespace core {

template <class S>
void straightThrough(std::span<const int32_t> ids /* (T, K) */, int E, int K, S value,
                     std::span<S> weights /* (T, E) */);

// gradLogits += ...; `chosenOnly` ignores gradWeights of experts outside ids.
template <class S>
void straightThroughBackward(std::span<const S> logits /* (T, E) */, std::span<const int32_t> ids /* (T, K) */, int E,
                             int K, bool chosenOnly, std::span<const S> gradWeights /* (T, E) */,
                             std::span<S> gradLogits /* (T, E) */);

}  // namespace core
