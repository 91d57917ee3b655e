// Yuan2.0-M32's router: before the choice the experts of one token attend to each other, so that a logit can depend on
// which other experts suit the token. Three projections give each expert a query, a key and a value, one number each:
//
//   q = x Wq^T, k = x Wk^T, v = x Wv^T  (E each);   A_ij = softmax over j of q_i k_j (no scale);   l_i = sum_j A_ij v_j
//
// Tokens do not see each other. With E = 2, q = (1 0), k = (1 0), v = (2 0): A = (.73 .27 / .5 .5), l = (1.46 1).
#pragma once

#include <span>

namespace core {

// The step after the projections.
template <class S>
void attentionLogits(std::span<const S> q /* (T, E) */, std::span<const S> k /* (T, E) */,
                     std::span<const S> v /* (T, E) */, int E, std::span<S> logits /* (T, E) */);

// Adds to all three gradients.
template <class S>
void attentionLogitsBackward(std::span<const S> q /* (T, E) */, std::span<const S> k /* (T, E) */,
                             std::span<const S> v /* (T, E) */, int E, std::span<const S> gradLogits /* (T, E) */,
                             std::span<S> gradQ /* (T, E) */, std::span<S> gradK /* (T, E) */,
                             std::span<S> gradV /* (T, E) */);

}  // namespace core
