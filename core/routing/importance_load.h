// Importance and load losses. An expert's importance is the sum of its scores, its load the number of tokens it gets,
// made smooth: the chance that noise would put the expert into the top K. Both are balanced by the squared coefficient
// of variation over the experts, var / mean^2: 0 for equal values, and no root, so no trouble with the gradient at 0.
//
//   importance 2 1 1, mean 4/3, population variance 2/9  ->  CV^2 = 1/8
//
// V-MoE takes the population variance without eps, Tutel the unbiased one with 1e-10 under the fraction, tensor2tensor
// the population one with 1e-10. One expert: 0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

template <class S>
struct VariationForm {
  bool unbiased = false;
  S eps = 0;
};

template <class S>
S squaredVariation(std::span<const S> values /* (E) */, const VariationForm<S>& form);
template <class S>
void squaredVariationBackward(std::span<const S> values /* (E) */, const VariationForm<S>& form, S grad,
                              std::span<S> gradValues /* (E) */);

// Standard normal distribution and density.
template <class S>
S normalCdf(S x);
template <class S>
S normalPdf(S x);

// V-MoE's smooth load: noisy = l + sigma noise, thr_t the K-th largest noisy logit of the token,
//   p_te = 1 - Phi((thr_t - l_te) / sigma) = Phi((l_te - thr_t) / sigma)
template <class S>
struct SmoothLoad {
  std::vector<S> probs;            // (T, E) p
  std::vector<int32_t> threshold;  // (T) the expert whose noisy logit is thr_t
};
template <class S>
SmoothLoad<S> smoothLoad(std::span<const S> logits /* (T, E) */, std::span<const S> noise /* (T, E) */, int E, int K,
                         S sigma);

// gradLogits += the gradient of sum(gradProbs * probs); the threshold is a logit plus constant noise, and carries
// gradient.
template <class S>
void smoothLoadBackward(const SmoothLoad<S>& load, std::span<const S> logits /* (T, E) */,
                        std::span<const S> noise /* (T, E) */, int E, S sigma,
                        std::span<const S> gradProbs /* (T, E) */, std::span<S> gradLogits /* (T, E) */);

}  // namespace core
