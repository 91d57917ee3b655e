#include "core/routing/cosine_router.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

constexpr double kSmallestNorm = 1e-12;

// A vector over its norm, and the way back.
template <class S>
struct Unit {
  std::vector<S> direction;
  S norm = 0;

  explicit Unit(std::vector<S> v) : direction(std::move(v)) {
    S squares = 0;
    for (S value : direction) squares += value * value;
    norm = std::sqrt(squares);
    for (S& value : direction) value /= std::max(norm, static_cast<S>(kSmallestNorm));
  }

  // u = v / |v|: dL/dv = (g - u (u . g)) / |v|; below the clamp v / 1e-12, a constant factor.
  std::vector<S> backward(std::vector<S> grad) const {
    const bool clamped = norm < static_cast<S>(kSmallestNorm);
    S along = 0;
    for (size_t i = 0; i < grad.size(); ++i) along += clamped ? S{0} : grad[i] * direction[i];
    for (size_t i = 0; i < grad.size(); ++i)
      grad[i] = (grad[i] - along * direction[i]) / std::max(norm, static_cast<S>(kSmallestNorm));
    return grad;
  }
};

template <class S>
S largestLogScale() {
  return std::log(static_cast<S>(100));
}

template <class S>
struct Sides {
  std::vector<Unit<S>> tokens;   // (T) of width W
  std::vector<Unit<S>> experts;  // (E) of width W
  S scale = 1;

  Sides(const CosineRouter<S>& router, std::span<const S> x)
      : scale(std::exp(std::min(router.logScale, largestLogScale<S>()))) {
    const size_t D = static_cast<size_t>(router.D), W = static_cast<size_t>(router.W),
                 E = static_cast<size_t>(router.E);
    CHECK(router.D > 0 && router.W > 0 && router.E > 0 && x.size() % D == 0 && router.projection.size() == W * D &&
              router.bias.size() == W && router.embedding.size() == W * E,
          "x {}, P {}, b {}, S {}", x.size(), router.projection.size(), router.bias.size(), router.embedding.size());
    std::vector<S> h(x.size() / D * W);
    routerLogits<S>(x, router.projection, router.bias, router.D, router.W, h);
    for (size_t at = 0; at < h.size(); at += W) {
      tokens.emplace_back(
          std::vector<S>(h.begin() + static_cast<ptrdiff_t>(at), h.begin() + static_cast<ptrdiff_t>(at + W)));
    }
    for (size_t e = 0; e < E; ++e) {
      std::vector<S> column;
      for (size_t w = 0; w < W; ++w) column.push_back(router.embedding[w * E + e]);
      experts.emplace_back(std::move(column));
    }
  }

  S cosine(size_t t, size_t e) const {
    S sum = 0;
    for (size_t w = 0; w < experts[e].direction.size(); ++w) sum += tokens[t].direction[w] * experts[e].direction[w];
    return sum;
  }
};

}  // namespace

template <class S>
void cosineLogits(const CosineRouter<S>& router, std::span<const S> x, std::span<S> logits) {
  const Sides<S> sides(router, x);
  const size_t E = sides.experts.size();
  CHECK(logits.size() == sides.tokens.size() * E, "logits {}", logits.size());
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = sides.cosine(i / E, i % E) * sides.scale;
}

template <class S>
void cosineLogitsBackward(const CosineRouter<S>& router, std::span<const S> x, std::span<const S> gradLogits,
                          CosineGradients<S>& gradients) {
  const Sides<S> sides(router, x);
  const size_t W = static_cast<size_t>(router.W), E = sides.experts.size(), T = sides.tokens.size();
  CHECK(gradLogits.size() == T * E && gradients.embedding.size() == W * E, "gradients {} {}", gradLogits.size(),
        gradients.embedding.size());
  std::vector<S> gradH;
  for (size_t t = 0; t < T; ++t) {
    std::vector<S> grad(W);
    for (size_t e = 0; e < E; ++e) {
      const S g = gradLogits[t * E + e] * sides.scale;
      for (size_t w = 0; w < W; ++w) grad[w] += g * sides.experts[e].direction[w];
      if (router.logScale <= largestLogScale<S>()) gradients.logScale += g * sides.cosine(t, e);
    }
    grad = sides.tokens[t].backward(std::move(grad));
    gradH.insert(gradH.end(), grad.begin(), grad.end());
  }
  for (size_t e = 0; e < E; ++e) {
    std::vector<S> grad(W);
    for (size_t t = 0; t < T; ++t) {
      for (size_t w = 0; w < W; ++w) grad[w] += gradLogits[t * E + e] * sides.scale * sides.tokens[t].direction[w];
    }
    grad = sides.experts[e].backward(std::move(grad));
    for (size_t w = 0; w < W; ++w) gradients.embedding[w * E + e] += grad[w];
  }
  routerLogitsBackward<S>(x, router.projection, router.D, router.W, gradH, gradients.x, gradients.projection,
                          gradients.bias);
}

#define INSTANTIATE(S)                                                                                  \
  template void cosineLogits<S>(const CosineRouter<S>&, std::span<const S>, std::span<S>);              \
  template void cosineLogitsBackward<S>(const CosineRouter<S>&, std::span<const S>, std::span<const S>, \
                                        CosineGradients<S>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
