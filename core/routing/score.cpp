#include "core/routing/score.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace core {

template <class S>
void routerLogits(std::span<const S> x, std::span<const S> w, std::span<const S> bias, int D, int E,
                  std::span<S> logits) {
  const size_t width = static_cast<size_t>(D), experts = static_cast<size_t>(E);
  const size_t tokens = experts == 0 ? 0 : logits.size() / experts;
  CHECK(logits.size() == tokens * experts && x.size() == tokens * width && w.size() == experts * width &&
            (bias.empty() || bias.size() == experts),
        "x {}, w {}, bias {}, logits {} with D {} and E {}", x.size(), w.size(), bias.size(), logits.size(), D, E);
  for (size_t t = 0; t < tokens; ++t) {
    for (size_t e = 0; e < experts; ++e) {
      S sum = 0;
      for (size_t d = 0; d < width; ++d) sum += x[t * width + d] * w[e * width + d];
      logits[t * experts + e] = bias.empty() ? sum : sum + bias[e];
    }
  }
}

template <class S>
void routerLogitsBackward(std::span<const S> x, std::span<const S> w, int D, int E, std::span<const S> gradLogits,
                          std::span<S> gradX, std::span<S> gradW, std::span<S> gradBias) {
  const size_t width = static_cast<size_t>(D), experts = static_cast<size_t>(E);
  const size_t tokens = experts == 0 ? 0 : gradLogits.size() / experts;
  CHECK(x.size() == tokens * width && w.size() == experts * width && (gradX.empty() || gradX.size() == x.size()) &&
            (gradW.empty() || gradW.size() == w.size()) && (gradBias.empty() || gradBias.size() == experts),
        "x {}, w {}, gradients {} {} {}", x.size(), w.size(), gradX.size(), gradW.size(), gradBias.size());
  for (size_t t = 0; t < tokens; ++t) {
    for (size_t e = 0; e < experts; ++e) {
      const S g = gradLogits[t * experts + e];
      if (!gradBias.empty()) gradBias[e] += g;
      if (!gradX.empty()) {
        for (size_t d = 0; d < width; ++d) gradX[t * width + d] += g * w[e * width + d];
      }
      if (!gradW.empty()) {
        for (size_t d = 0; d < width; ++d) gradW[e * width + d] += g * x[t * width + d];
      }
    }
  }
}

namespace {

template <class S>
S largest(std::span<const S> row) {
  S best = -std::numeric_limits<S>::infinity();
  for (S value : row) best = value > best ? value : best;
  return best;
}

}  // namespace

template <class S>
S logSumExp(std::span<const S> logits) {
  const S top = largest(logits);
  if (top == -std::numeric_limits<S>::infinity()) return top;
  CarefulSum<S> sum;
  for (S logit : logits) sum.add(std::exp(logit - top));
  return top + std::log(sum.value());
}

template <class S>
void softmaxRow(std::span<const S> logits, std::span<S> probs) {
  CHECK(logits.size() == probs.size(), "logits {}, probs {}", logits.size(), probs.size());
  const S top = largest(logits);
  if (top == -std::numeric_limits<S>::infinity()) {
    std::fill(probs.begin(), probs.end(), S{0});
    return;
  }
  CarefulSum<S> sum;
  for (size_t e = 0; e < probs.size(); ++e) {
    probs[e] = std::exp(logits[e] - top);
    sum.add(probs[e]);
  }
  const S total = sum.value();
  for (S& prob : probs) prob /= total;
}

template <class S>
void softmaxRows(std::span<const S> logits, int E, std::span<S> probs) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(logits.size() == probs.size() && E > 0 && logits.size() % experts == 0, "logits {}, probs {}, E {}",
        logits.size(), probs.size(), E);
  for (size_t at = 0; at < logits.size(); at += experts) {
    softmaxRow<S>(logits.subspan(at, experts), probs.subspan(at, experts));
  }
}

template <class S>
void softmaxBackwardRow(std::span<const S> probs, std::span<const S> gradProbs, std::span<S> gradLogits) {
  CHECK(probs.size() == gradProbs.size() && probs.size() == gradLogits.size(), "{} {} {}", probs.size(),
        gradProbs.size(), gradLogits.size());
  S mean = 0;
  for (size_t e = 0; e < probs.size(); ++e) mean += probs[e] * gradProbs[e];
  for (size_t e = 0; e < probs.size(); ++e) gradLogits[e] += probs[e] * (gradProbs[e] - mean);
}

template <class S>
void softmaxBackwardRows(std::span<const S> probs, std::span<const S> gradProbs, int E, std::span<S> gradLogits) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && probs.size() % experts == 0, "probs {}, E {}", probs.size(), E);
  for (size_t at = 0; at < probs.size(); at += experts) {
    softmaxBackwardRow<S>(probs.subspan(at, experts), gradProbs.subspan(at, experts), gradLogits.subspan(at, experts));
  }
}

template <class S>
S sigmoid(S logit) {
  if (logit >= 0) return S{1} / (S{1} + std::exp(-logit));
  const S grown = std::exp(logit);
  return grown / (S{1} + grown);
}

template <class S>
void sigmoidRow(std::span<const S> logits, std::span<S> scores) {
  CHECK(logits.size() == scores.size(), "logits {}, scores {}", logits.size(), scores.size());
  for (size_t i = 0; i < logits.size(); ++i) scores[i] = sigmoid(logits[i]);
}

template <class S>
void sigmoidBackwardRow(std::span<const S> scores, std::span<const S> gradScores, std::span<S> gradLogits) {
  CHECK(scores.size() == gradScores.size() && scores.size() == gradLogits.size(), "{} {} {}", scores.size(),
        gradScores.size(), gradLogits.size());
  for (size_t i = 0; i < scores.size(); ++i) gradLogits[i] += gradScores[i] * scores[i] * (1 - scores[i]);
}

template <class S>
S entropy(std::span<const S> probs) {
  S sum = 0;
  for (S p : probs) sum -= p > 0 ? p * std::log(p) : S{0};
  return sum;
}

template <class S>
void entropyBackwardRow(std::span<const S> probs, S gradEntropy, std::span<S> gradLogits) {
  CHECK(probs.size() == gradLogits.size(), "probs {}, gradient {}", probs.size(), gradLogits.size());
  const S whole = entropy(probs);
  for (size_t e = 0; e < probs.size(); ++e) {
    if (probs[e] > 0) gradLogits[e] -= gradEntropy * probs[e] * (std::log(probs[e]) + whole);
  }
}

#define INSTANTIATE(S)                                                                                               \
  template void routerLogits<S>(std::span<const S>, std::span<const S>, std::span<const S>, int, int, std::span<S>); \
  template void routerLogitsBackward<S>(std::span<const S>, std::span<const S>, int, int, std::span<const S>,        \
                                        std::span<S>, std::span<S>, std::span<S>);                                   \
  template S logSumExp<S>(std::span<const S>);                                                                       \
  template void softmaxRow<S>(std::span<const S>, std::span<S>);                                                     \
  template void softmaxRows<S>(std::span<const S>, int, std::span<S>);                                               \
  template void softmaxBackwardRow<S>(std::span<const S>, std::span<const S>, std::span<S>);                         \
  template void softmaxBackwardRows<S>(std::span<const S>, std::span<const S>, int, std::span<S>);                   \
  template void sigmoidBackwardRow<S>(std::span<const S>, std::span<const S>, std::span<S>);                         \
  template S sigmoid<S>(S);                                                                                          \
  template void sigmoidRow<S>(std::span<const S>, std::span<S>);                                                     \
  template S entropy<S>(std::span<const S>);                                                                         \
  template void entropyBackwardRow<S>(std::span<const S>, S, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
