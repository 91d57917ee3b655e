// Gumbel noise turns a choice into a sample: argmax(l + g) with g = -ln(-ln u), u uniform in (0, 1), is a draw from
// softmax(l), and top-k of l + g is a draw of k without replacement. Softened by a temperature tau it has a gradient:
//
//   y = softmax((l + g) / tau)     hard: forward the one-hot of the largest y, backward the gradient of y
//   (straight-through)
//
// u = 1/e gives g = 0. Gumbel top-k weighs the drawn experts by softmax of their CLEAN logits (chosenWeights,
// SoftmaxTopK).
#pragma once

#include <span>

namespace core {

// u in (0, 1); `g` may be `u`.
template <class S>
void gumbelNoise(std::span<const S> u, std::span<S> g);

// y = softmax((logits + g) / tau) of every row.
template <class S>
void gumbelSoftmax(std::span<const S> logits /* (T, E) */, std::span<const S> g /* (T, E) */, int E, S tau,
                   std::span<S> y /* (T, E) */);

// gradLogits += the gradient of sum(gradY * y); the same for the hard form.
template <class S>
void gumbelSoftmaxBackward(std::span<const S> y /* (T, E) */, int E, S tau, std::span<const S> gradY /* (T, E) */,
                           std::span<S> gradLogits /* (T, E) */);

}  // namespace core
