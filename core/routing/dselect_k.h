// DSelect-k (Hazimeh et al. 2021): a differentiable selector. An expert's index is written in m = ceil(log2 E) bits,
// most significant first, and a selector learns one number z per bit. A smooth step turns it into "the bit is 1":
//
//   st(t) = 0 for t <= -gamma/2, 1 for t >= gamma/2, else -2 t^3 / gamma^3 + 3 t / (2 gamma) + 1/2
//   selector(e) = product over bits of (bit of e ? st(z) : 1 - st(z))
//
// E = 4, z = (gamma, -gamma): bits 1 and 0, so exactly expert 2. Once |z| passes gamma/2 the selector is truly one-hot.
// K selectors are mixed by softmax(w). If E is no power of two, some codes name no expert; a penalty keeps selectors
// off them.
#pragma once

#include <span>
#include <vector>

namespace core {

int selectorBits(int E);  // m

template <class S>
struct DselectK {
  std::vector<S> selectors;  // (T, K, E)
  std::vector<S> mix;        // (T, K) softmax of w
  std::vector<S> weights;    // (T, E) sum_j mix_j selector_j
};
template <class S>
DselectK<S> dselectK(std::span<const S> z /* (T, K, m) */, std::span<const S> w /* (T, K) */, int E, int K, S gamma);

// Adds: gradients of sum(gradWeights * weights) with respect to z and w.
template <class S>
void dselectKBackward(const DselectK<S>& out, std::span<const S> z /* (T, K, m) */, int E, int K, S gamma,
                      std::span<const S> gradWeights /* (T, E) */, std::span<S> gradZ /* (T, K, m) */,
                      std::span<S> gradW /* (T, K) */);

// -sum selector ln(selector + 1e-6) over everything, and its gradient with respect to the selectors (added).
template <class S>
S selectorEntropy(std::span<const S> selectors);
template <class S>
void selectorEntropyBackward(std::span<const S> selectors, std::span<S> gradSelectors);

// sum over (t, j) of 1 / sum_e selector: what falls on codes without an expert is missing from the sum.
template <class S>
S unreachablePenalty(std::span<const S> selectors /* (T, K, E) */, int E);
template <class S>
void unreachablePenaltyBackward(std::span<const S> selectors /* (T, K, E) */, int E,
                                std::span<S> gradSelectors /* (T, K, E) */);

// gradZ += the gradient through the selectors.
template <class S>
void selectorsBackward(std::span<const S> z /* (T, K, m) */, int E, S gamma,
                       std::span<const S> gradSelectors /* (T, K, E) */, std::span<S> gradZ /* (T, K, m) */);

}  // namespace core
