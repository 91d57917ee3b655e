// Soft MoE (Puigcerver et al. 2023): nothing is dropped and nothing is chosen. Every expert has S slots, every slot is
// a weighted mean of all tokens, and every token gets back a weighted mean of all slots' outputs. Fully differentiable,
// and not causal: a slot mixes later tokens into earlier ones.
//
//   xn_t = x_t / sqrt(|x_t|^2 + 1e-6),  mn_es = mu_es / sqrt(|mu_es|^2 + 1e-6),  l[t,e,s] = scale xn_t . mn_es
//   dispatch = softmax of l over t;   combine = softmax of l over (e, s);   slots[e,s] = sum_t dispatch[t,e,s] x_t
//   y_t = sum_es combine[t,e,s] out[e,s]
//
// Slots are numbered e * S + s below, Q = E * S of them.
#pragma once

#include <span>
#include <vector>

namespace core {

template <class S>
struct SoftMoe {
  std::vector<S> logits;    // (T, Q)
  std::vector<S> dispatch;  // (T, Q) each column sums to 1
  std::vector<S> combine;   // (T, Q) each row sums to 1
  std::vector<S> slots;     // (Q, D) what the experts are given
};

// mu is (D, Q).
template <class S>
SoftMoe<S> softMoeDispatch(std::span<const S> x /* (T, D) */, std::span<const S> mu, S scale, int D, int Q);

template <class S>
void softMoeCombine(const SoftMoe<S>& soft, std::span<const S> outputs /* (Q, D) */, int D,
                    std::span<S> y /* (T, D) */);

// The way back in two halves, the experts' own backward between them. First y to outputs and to the combine logits:
template <class S>
void softMoeCombineBackward(const SoftMoe<S>& soft, std::span<const S> outputs /* (Q, D) */, int D,
                            std::span<const S> gradY /* (T, D) */, std::span<S> gradOutputs /* (Q, D) */,
                            std::span<S> gradLogits /* (T, Q) */);

template <class S>
struct SoftMoeGradients {
  std::span<S> x;   // (T, D)
  std::span<S> mu;  // (D, Q)
  S scale = 0;
};

// then slots and all logits to x, mu and scale. Everything is added; gradLogits is what the first half left there.
template <class S>
void softMoeDispatchBackward(const SoftMoe<S>& soft, std::span<const S> x /* (T, D) */,
                             std::span<const S> mu /* (D, Q) */, S scale, int D,
                             std::span<const S> gradSlots /* (Q, D) */, std::span<S> gradLogits /* (T, Q) */,
                             SoftMoeGradients<S>& gradients);

}  // namespace core
