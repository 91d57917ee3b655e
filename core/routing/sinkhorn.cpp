#include "core/routing/sinkhorn.h"

#include <cmath>

#include "core/base/check.h"

namespace core {

template <class S>
Result<SinkhornPlan<S>> sinkhorn(std::span<const S> logits, int E, const SinkhornOptions& options) {
  const size_t experts = static_cast<size_t>(E), T = logits.size() / experts;
  CHECK(E > 0 && logits.size() == T * experts, "logits {}, E {}", logits.size(), E);
  std::vector<S> cost;
  for (S logit : logits) {
    cost.push_back(std::exp(logit));
    if (!std::isfinite(cost.back()))
      return fail("sinkhorn: expected logits whose exponential is finite, found {}", logit);
  }
  const S eps = static_cast<S>(options.eps), row = S{1} / static_cast<S>(T), column = S{1} / static_cast<S>(E);
  std::vector<S> d0(T, S{1}), d1(experts, S{1}), sums(experts);
  SinkhornPlan<S> out;
  for (S change = 1; change > static_cast<S>(options.tolerance) || out.iterations == 0;) {
    if (out.iterations == options.maxIterations) {
      return fail("sinkhorn: expected a mean change of at most {} within {} rounds, found {}", options.tolerance,
                  out.iterations, change);
    }
    ++out.iterations;
    std::fill(sums.begin(), sums.end(), S{0});
    for (size_t t = 0; t < T; ++t) {
      S sum = 0;
      for (size_t e = 0; e < experts; ++e) sum += d1[e] * cost[t * experts + e];
      d0[t] = row / (sum + eps);
      for (size_t e = 0; e < experts; ++e) sums[e] += d0[t] * cost[t * experts + e];
    }
    change = 0;
    for (size_t e = 0; e < experts; ++e) {
      const S next = column / (sums[e] + eps);
      change += std::abs(next - d1[e]);
      d1[e] = next;
    }
    change /= static_cast<S>(E);
  }
  out.plan.resize(cost.size());
  for (size_t i = 0; i < cost.size(); ++i) out.plan[i] = d1[i % experts] * cost[i] * d0[i / experts];
  return out;
}

template Result<SinkhornPlan<float>> sinkhorn<float>(std::span<const float>, int, const SinkhornOptions&);
template Result<SinkhornPlan<double>> sinkhorn<double>(std::span<const double>, int, const SinkhornOptions&);

}  // namespace core
