#include "core/routing/importance_load.h"

#include <cmath>
#include <numbers>

#include "core/base/check.h"
#include "core/routing/score.h"
#include "core/routing/select.h"

namespace core {
namespace {

template <class S>
struct Moments {
  S mean = 0, variance = 0, denominator = 1;  // of the values; n or n - 1

  Moments(std::span<const S> values, bool unbiased) {
    CarefulSum<S> sum, squares;
    for (S value : values) sum.add(value);
    mean = sum.value() / static_cast<S>(values.size());
    for (S value : values) squares.add((value - mean) * (value - mean));
    denominator = static_cast<S>(values.size()) - (unbiased ? 1 : 0);
    variance = squares.value() / denominator;
  }
};

// (l_te - thr_t) / sigma
template <class S>
S standardised(std::span<const S> logits, std::span<const S> noise, size_t row, size_t e, size_t threshold, S sigma) {
  return (logits[row + e] - (logits[row + threshold] + sigma * noise[row + threshold])) / sigma;
}

}  // namespace

template <class S>
S squaredVariation(std::span<const S> values, const VariationForm<S>& form) {
  if (values.size() < 2) return 0;
  const Moments<S> m(values, form.unbiased);
  return m.variance / (m.mean * m.mean + form.eps);
}

template <class S>
void squaredVariationBackward(std::span<const S> values, const VariationForm<S>& form, S grad,
                              std::span<S> gradValues) {
  CHECK(values.size() == gradValues.size(), "values {}, gradient {}", values.size(), gradValues.size());
  if (values.size() < 2) return;
  const Moments<S> m(values, form.unbiased);
  const S q = m.mean * m.mean + form.eps, n = static_cast<S>(values.size());
  // d var / dv_i = 2 (v_i - mean) / denominator,  d (mean^2) / dv_i = 2 mean / n
  for (size_t i = 0; i < values.size(); ++i) {
    gradValues[i] += grad * (2 * (values[i] - m.mean) / (m.denominator * q) - m.variance * 2 * m.mean / (n * q * q));
  }
}

template <class S>
S normalCdf(S x) {
  return std::erfc(-x / std::numbers::sqrt2_v<S>) / 2;
}

template <class S>
S normalPdf(S x) {
  return std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<S> / std::numbers::sqrt2_v<S>;
}

template <class S>
SmoothLoad<S> smoothLoad(std::span<const S> logits, std::span<const S> noise, int E, int K, S sigma) {
  const size_t experts = static_cast<size_t>(E), T = logits.size() / experts;
  CHECK(E > 0 && K > 0 && K <= E && logits.size() == T * experts && noise.size() == logits.size() && sigma > 0,
        "logits {}, noise {}, E {}, K {}, sigma {}", logits.size(), noise.size(), E, K, sigma);
  SmoothLoad<S> out;
  std::vector<S> noisy(experts);
  std::vector<int32_t> ids(static_cast<size_t>(K));
  for (size_t row = 0; row < logits.size(); row += experts) {
    for (size_t e = 0; e < experts; ++e) noisy[e] = logits[row + e] + sigma * noise[row + e];
    topKRow<S>(noisy, ids);
    out.threshold.push_back(ids.back());
    const size_t threshold = static_cast<size_t>(ids.back());
    for (size_t e = 0; e < experts; ++e)
      out.probs.push_back(normalCdf(standardised(logits, noise, row, e, threshold, sigma)));
  }
  return out;
}

template <class S>
void smoothLoadBackward(const SmoothLoad<S>& load, std::span<const S> logits, std::span<const S> noise, int E, S sigma,
                        std::span<const S> gradProbs, std::span<S> gradLogits) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(gradProbs.size() == logits.size() && gradLogits.size() == logits.size() && load.probs.size() == logits.size(),
        "{} {} {}", gradProbs.size(), gradLogits.size(), load.probs.size());
  for (size_t t = 0; t < load.threshold.size(); ++t) {
    const size_t row = t * experts, threshold = static_cast<size_t>(load.threshold[t]);
    for (size_t e = 0; e < experts; ++e) {
      const S slope = gradProbs[row + e] * normalPdf(standardised(logits, noise, row, e, threshold, sigma)) / sigma;
      gradLogits[row + e] += slope;
      gradLogits[row + threshold] -= slope;
    }
  }
}

#define INSTANTIATE(S)                                                                                      \
  template S squaredVariation<S>(std::span<const S>, const VariationForm<S>&);                              \
  template void squaredVariationBackward<S>(std::span<const S>, const VariationForm<S>&, S, std::span<S>);  \
  template S normalCdf<S>(S);                                                                               \
  template S normalPdf<S>(S);                                                                               \
  template SmoothLoad<S> smoothLoad<S>(std::span<const S>, std::span<const S>, int, int, S);                \
  template void smoothLoadBackward<S>(const SmoothLoad<S>&, std::span<const S>, std::span<const S>, int, S, \
                                      std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
