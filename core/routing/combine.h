// The layer's routed output: every kept choice's expert output times its weight, added in rank order (the order of a
// sum is part of the result, so it is fixed here).
//
//   y[t] = sum_j weights[t,j] outputs[t,j]      a choice of weight 0 (dropped) adds nothing, whatever is in its output
#pragma once

#include <span>

namespace core {

template <class S>
void combine(std::span<const S> outputs /* (T, K, D) */, std::span<const S> weights /* (T, K) */, int K, int D,
             std::span<S> y /* (T, D) */);

// Adds: gradOutputs[t,j] += weights[t,j] gradY[t];  gradWeights[t,j] += gradY[t] . outputs[t,j]
// (so outputs of dropped choices must be finite here; weightsAfterDropBackward takes their gradient away again).
template <class S>
void combineBackward(std::span<const S> outputs /* (T, K, D) */, std::span<const S> weights /* (T, K) */, int K, int D,
                     std::span<const S> gradY /* (T, D) */, std::span<S> gradOutputs /* (T, K, D) */,
                     std::span<S> gradWeights /* (T, K) */);

// Where the weight goes on the expert's input instead (Llama 4), the expert of choice j sees weights[t,j] x[t], and its
// outputs are combined with weight 1. An expert is not linear, so this is not the same.
template <class S>
void weighInputs(std::span<const S> x /* (T, D) */, std::span<const S> weights /* (T, K) */, int K, int D,
                 std::span<S> inputs /* (T, K, D) */);

// Adds: gradX[t] += sum_j weights[t,j] gradInputs[t,j];  gradWeights[t,j] += x[t] . gradInputs[t,j].
template <class S>
void weighInputsBackward(std::span<const S> x /* (T, D) */, std::span<const S> weights /* (T, K) */, int K, int D,
                         std::span<const S> gradInputs /* (T, K, D) */, std::span<S> gradX /* (T, D) */,
                         std::span<S> gradWeights /* (T, K) */);

}  // namespace core
