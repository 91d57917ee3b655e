#include "core/routing/gumbel.h"

#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {

template <class S>
void gumbelNoise(std::span<const S> u, std::span<S> g) {
  CHECK(u.size() == g.size(), "u {}, g {}", u.size(), g.size());
  for (size_t i = 0; i < u.size(); ++i) g[i] = -std::log(-std::log(u[i]));
}

template <class S>
void gumbelSoftmax(std::span<const S> logits, std::span<const S> g, int E, S tau, std::span<S> y) {
  CHECK(logits.size() == g.size() && logits.size() == y.size() && tau > 0, "logits {}, g {}, y {}, tau {}",
        logits.size(), g.size(), y.size(), tau);
  for (size_t i = 0; i < y.size(); ++i) y[i] = (logits[i] + g[i]) / tau;
  softmaxRows<S>(y, E, y);
}

template <class S>
void gumbelSoftmaxBackward(std::span<const S> y, int E, S tau, std::span<const S> gradY, std::span<S> gradLogits) {
  std::vector<S> gradScaled(y.size());
  softmaxBackwardRows<S>(y, gradY, E, gradScaled);
  CHECK(gradLogits.size() == y.size(), "gradient {}, y {}", gradLogits.size(), y.size());
  for (size_t i = 0; i < y.size(); ++i) gradLogits[i] += gradScaled[i] / tau;
}

#define INSTANTIATE(S)                                                                          \
  template void gumbelNoise<S>(std::span<const S>, std::span<S>);                               \
  template void gumbelSoftmax<S>(std::span<const S>, std::span<const S>, int, S, std::span<S>); \
  template void gumbelSoftmaxBackward<S>(std::span<const S>, int, S, std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
