// SparseMixer at inference (PhiMoE): two experts in two rounds. A round takes the best logit m, masks every expert that
// is far behind it, and weighs the best by the softmax over those that remain:
//
//   masked where (m - l_e) / max(|l_e|, m) > 2 jitter        0 / 0 is not masked
//
// Then that expert is removed and the second round does the same with the next best. Each weight comes from its own
// softmax, so the two do not sum to 1; clear choices give 1 and 1.
//
//   logits 1 1 1 1, jitter .01  ->  experts 0 and 1, weights 1/4 and 1/3
#pragma once

#include <cstdint>
#include <span>

namespace core {

// E >= 2.
template <class S>
void sparseMixer(std::span<const S> logits /* (T, E) */, int E, S jitter, std::span<int32_t> ids /* (T, 2) */,
                 std::span<S> weights /* (T, 2) */);

// The weights of two experts that were put into the places of those chosen: each round weighs the expert in its place
// beside those that remain in it, however far behind it is. E >= 2, ids different.
template <class S>
void sparseMixerWeights(std::span<const S> logits /* (E) */, S jitter, std::span<const int32_t> ids /* (2) */,
                        std::span<S> weights /* (2) */);

}  // namespace core
