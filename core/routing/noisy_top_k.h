// Noisy top-k gating (Shazeer et al. 2017): learned noise on the logits, so that experts near the border get tried.
//
//   clean = x Wg,  std = softplus(x Wn) + eps,  H = clean + noise std,  gates = softmax over the K largest H, 0
//   elsewhere
//
// The smooth load counts, for every expert, the chance that fresh noise on its own logit would put it into the top K:
//   P(t,e) = Phi((clean - thr) / std),  thr = the (K+1)-th largest H if e is among the K, else the K-th;  load_e =
//   sum_t P
// With K = 1 and H = (3, 1): expert 0 must beat 1 (the second), expert 1 must beat 3 (the first). Thresholds are
// entries of H and carry gradient. K = E leaves no threshold: load counts positive gates and has no gradient. noise_eps
// is 0 in the paper, 1e-2 in tensor2tensor. Balance is the squared variation of importance_load.h.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

template <class S>
S softplus(S x);  // ln(1 + exp x)

template <class S>
struct NoisyTopK {
  int E = 0, K = 0;
  std::vector<S> clean, raw;       // (T, E) x Wg, x Wn
  std::vector<S> std;              // (T, E)
  std::vector<S> noisy;            // (T, E) H
  std::vector<int32_t> ids;        // (T, K)
  std::vector<S> weights;          // (T, K) softmax of the chosen H
  std::vector<S> gates;            // (T, E)
  std::vector<S> importance;       // (E) sum over tokens of gates
  std::vector<S> probInTopK;       // (T, E); empty for K = E
  std::vector<S> load;             // (E)
  std::vector<int32_t> threshold;  // (T, E) the expert whose H is the threshold; empty for K = E
};

// Wg and Wn are (D, E).
template <class S>
NoisyTopK<S> noisyTopK(std::span<const S> x /* (T, D) */, std::span<const S> wg, std::span<const S> wn,
                       std::span<const S> noise /* (T, E) */, int D, int E, int K, S noiseEps);

template <class S>
struct NoisyGradients {
  std::span<S> x;   // (T, D)
  std::span<S> wg;  // (D, E)
  std::span<S> wn;  // (D, E)
};

// Adds the gradient of sum(gradGates * gates) + sum(gradProbs * probInTopK); either may be empty.
template <class S>
void noisyTopKBackward(const NoisyTopK<S>& out, std::span<const S> x /* (T, D) */, std::span<const S> wg,
                       std::span<const S> wn, std::span<const S> noise /* (T, E) */, int D,
                       std::span<const S> gradGates /* (T, E) */, std::span<const S> gradProbs /* (T, E) */,
                       const NoisyGradients<S>& gradients);

}  // namespace core
