// ReLU routing (ReMoE): the gate is max(l, 0), and an expert is used where its gate is positive. No top-k, so
// everything is differentiable; how many experts run is steered by a loss on the gates whose coefficient adapts:
//
//   f_e = E / (k T) active count of e;   loss = sum_e f_e mean_t g_te   (f without gradient; times lambda in training)
//   lambda *= 1.2 if sparsity < 1 - k / E (too many active), else lambda /= 1.2;   lambda starts at 1e-8
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

template <class S>
struct ReluRouting {
  std::vector<S> gates;         // (T, E) max(l, 0)
  std::vector<int32_t> active;  // (T, E) 1 where the gate is positive
  std::vector<int32_t> load;    // (E) active tokens
  std::vector<S> f;             // (E)
  S loss = 0;                   // without lambda
  S sparsity = 0;               // 1 - active share
};

// k is the wanted mean number of active experts.
template <class S>
ReluRouting<S> reluRouting(std::span<const S> logits /* (T, E) */, int E, int k);

template <class S>
S nextReluLambda(S lambda, S sparsity, int E, int k, S multiplier);

// gradLogits += where active: gradGates, plus gradLoss f_e / T. `gradGates` may be empty.
template <class S>
void reluRoutingBackward(const ReluRouting<S>& routing, std::span<const S> gradGates /* (T, E) */, S gradLoss,
                         std::span<S> gradLogits /* (T, E) */);

}  // namespace core
