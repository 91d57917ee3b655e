#include "core/routing/dselect_k.h"

#include <cmath>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

constexpr double kEntropyEps = 1e-6;

template <class S>
S smoothStep(S t, S gamma) {
  if (t <= -gamma / 2) return 0;
  if (t >= gamma / 2) return 1;
  return -2 * t * t * t / (gamma * gamma * gamma) + 3 * t / (2 * gamma) + S{0.5};
}

template <class S>
S smoothStepSlope(S t, S gamma) {
  if (t <= -gamma / 2 || t >= gamma / 2) return 0;
  return -6 * t * t / (gamma * gamma * gamma) + 3 / (2 * gamma);
}

// Bit b of expert e, bit 0 the most significant of m.
bool bitOf(size_t e, size_t b, size_t m) { return (e >> (m - 1 - b)) & 1; }

// selector(e) without the factor of bit `skip` (m: with all).
template <class S>
S product(std::span<const S> z, size_t e, S gamma, size_t skip) {
  S out = 1;
  for (size_t b = 0; b < z.size(); ++b) {
    if (b == skip) continue;
    const S on = smoothStep(z[b], gamma);
    out *= bitOf(e, b, z.size()) ? on : 1 - on;
  }
  return out;
}

}  // namespace

int selectorBits(int E) {
  CHECK(E > 0, "E {}", E);
  int bits = 0;
  while ((int64_t{1} << bits) < E) ++bits;
  return bits;
}

template <class S>
DselectK<S> dselectK(std::span<const S> z, std::span<const S> w, int E, int K, S gamma) {
  const size_t experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K),
               bits = static_cast<size_t>(selectorBits(E));
  CHECK(K > 0 && gamma > 0 && w.size() % chosen == 0 && z.size() == w.size() * bits, "z {}, w {}, E {}, K {}", z.size(),
        w.size(), E, K);
  DselectK<S> out;
  out.mix.resize(w.size());
  out.weights.assign(w.size() / chosen * experts, 0);
  if (!w.empty()) softmaxRows<S>(w, K, out.mix);
  for (size_t i = 0; i < w.size(); ++i) {
    for (size_t e = 0; e < experts; ++e) {
      out.selectors.push_back(product<S>(z.subspan(i * bits, bits), e, gamma, bits));
      out.weights[i / chosen * experts + e] += out.mix[i] * out.selectors.back();
    }
  }
  return out;
}

template <class S>
void dselectKBackward(const DselectK<S>& out, std::span<const S> z, int E, int K, S gamma,
                      std::span<const S> gradWeights, std::span<S> gradZ, std::span<S> gradW) {
  const size_t experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K);
  CHECK(gradWeights.size() == out.weights.size() && gradW.size() == out.mix.size(), "gradients {} {}",
        gradWeights.size(), gradW.size());
  std::vector<S> gradSelectors(out.selectors.size()), gradMix(out.mix.size());
  for (size_t i = 0; i < out.selectors.size(); ++i) {
    const S g = gradWeights[i / (experts * chosen) * experts + i % experts];
    gradSelectors[i] = g * out.mix[i / experts];
    gradMix[i / experts] += g * out.selectors[i];
  }
  if (!gradMix.empty()) softmaxBackwardRows<S>(out.mix, gradMix, K, gradW);
  selectorsBackward<S>(z, E, gamma, gradSelectors, gradZ);
}

template <class S>
S selectorEntropy(std::span<const S> selectors) {
  CarefulSum<S> sum;
  for (S s : selectors) sum.add(-s * std::log(s + static_cast<S>(kEntropyEps)));
  return sum.value();
}

template <class S>
void selectorEntropyBackward(std::span<const S> selectors, std::span<S> gradSelectors) {
  CHECK(selectors.size() == gradSelectors.size(), "{} {}", selectors.size(), gradSelectors.size());
  for (size_t i = 0; i < selectors.size(); ++i) {
    const S shifted = selectors[i] + static_cast<S>(kEntropyEps);
    gradSelectors[i] -= std::log(shifted) + selectors[i] / shifted;
  }
}

namespace {

template <class S>
S rowSum(std::span<const S> selectors, size_t at, size_t E) {
  S sum = 0;
  for (S s : selectors.subspan(at, E)) sum += s;
  return sum;
}

}  // namespace

template <class S>
S unreachablePenalty(std::span<const S> selectors, int E) {
  const size_t experts = static_cast<size_t>(E);
  CarefulSum<S> sum;
  for (size_t at = 0; at < selectors.size(); at += experts) sum.add(1 / rowSum(selectors, at, experts));
  return sum.value();
}

template <class S>
void unreachablePenaltyBackward(std::span<const S> selectors, int E, std::span<S> gradSelectors) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && selectors.size() == gradSelectors.size() && selectors.size() % experts == 0, "{} {}", selectors.size(),
        gradSelectors.size());
  for (size_t at = 0; at < selectors.size(); at += experts) {
    const S sum = rowSum(selectors, at, experts);
    for (size_t e = 0; e < experts; ++e) gradSelectors[at + e] -= 1 / (sum * sum);
  }
}

template <class S>
void selectorsBackward(std::span<const S> z, int E, S gamma, std::span<const S> gradSelectors, std::span<S> gradZ) {
  const size_t experts = static_cast<size_t>(E), bits = static_cast<size_t>(selectorBits(E));
  CHECK(gradSelectors.size() % experts == 0 && z.size() == gradSelectors.size() / experts * bits &&
            gradZ.size() == z.size(),
        "{} {} {}", z.size(), gradSelectors.size(), gradZ.size());
  for (size_t i = 0; i < z.size(); ++i) {
    const size_t row = i / bits, b = i % bits;
    const S slope = smoothStepSlope(z[i], gamma);
    for (size_t e = 0; slope != 0 && e < experts; ++e) {
      const S sign = bitOf(e, b, bits) ? 1 : -1;
      gradZ[i] +=
          gradSelectors[row * experts + e] * sign * slope * product<S>(z.subspan(row * bits, bits), e, gamma, b);
    }
  }
}

#define INSTANTIATE(S)                                                                                       \
  template DselectK<S> dselectK<S>(std::span<const S>, std::span<const S>, int, int, S);                     \
  template void dselectKBackward<S>(const DselectK<S>&, std::span<const S>, int, int, S, std::span<const S>, \
                                    std::span<S>, std::span<S>);                                             \
  template S selectorEntropy<S>(std::span<const S>);                                                         \
  template void selectorEntropyBackward<S>(std::span<const S>, std::span<S>);                                \
  template S unreachablePenalty<S>(std::span<const S>, int);                                                 \
  template void unreachablePenaltyBackward<S>(std::span<const S>, int, std::span<S>);                        \
  template void selectorsBackward<S>(std::span<const S>, int, S, std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
