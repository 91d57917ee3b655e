#include "core/routing/soft_top_k.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

template <class S>
struct Descent {
  std::vector<std::vector<S>> soft;  // softmax((s + b) / cur) of each iteration: what a's gradient needs
  std::vector<S> a;                  // after each iteration
  std::vector<S> b;                  // after the last
  S eps = 0;                         // cur at the end

  Descent(std::span<const S> s, const SoftTopKOptions<S>& options) {
    CHECK(options.iterations >= 0 && options.eps > 0 && options.wanted > 0, "iterations {}, eps {}, wanted {}",
          options.iterations, options.eps, options.wanted);
    eps = std::max(options.epsInit, options.eps);
    std::vector<S> scaled(s.size());
    for (S value : s) b.push_back(-value);
    for (int i = 0; i < options.iterations; ++i) {
      for (size_t e = 0; e < s.size(); ++e) scaled[e] = (s[e] + b[e]) / eps;
      a.push_back(eps * (std::log(options.wanted) - logSumExp<S>(scaled)));
      softmaxRow<S>(scaled, scaled);
      soft.push_back(scaled);
      for (size_t e = 0; e < s.size(); ++e) b[e] = -std::max(s[e] + a.back(), S{0});
      eps = std::max(eps * options.decay, options.eps);
    }
  }

  S value(std::span<const S> s, size_t e) const {
    return std::exp((s[e] + (a.empty() ? S{0} : a.back()) + b[e]) / eps);
  }
};

}  // namespace

template <class S>
S wantedEntries(int k, S ratio, int E) {
  return std::min(static_cast<S>(k) * ratio, static_cast<S>(E));
}

template <class S>
void softTopKRow(std::span<const S> s, const SoftTopKOptions<S>& options, std::span<S> soft) {
  CHECK(s.size() == soft.size(), "s {}, soft {}", s.size(), soft.size());
  const Descent<S> descent(s, options);
  for (size_t e = 0; e < s.size(); ++e) soft[e] = descent.value(s, e);
}

template <class S>
void softTopKBackwardRow(std::span<const S> s, const SoftTopKOptions<S>& options, std::span<const S> gradSoft,
                         std::span<S> gradS) {
  CHECK(s.size() == gradSoft.size() && s.size() == gradS.size(), "s {}, gradients {} {}", s.size(), gradSoft.size(),
        gradS.size());
  const Descent<S> descent(s, options);
  std::vector<S> gradB(s.size());
  S gradA = 0;
  for (size_t e = 0; e < s.size(); ++e) {
    gradB[e] = gradSoft[e] * descent.value(s, e) / descent.eps;
    gradA += gradB[e];
    gradS[e] += gradB[e];
  }
  for (size_t i = descent.a.size(); i-- > 0;) {
    // b = -relu(s + a)
    for (size_t e = 0; e < s.size(); ++e) {
      if (!(s[e] + descent.a[i] > 0)) continue;
      gradS[e] -= gradB[e];
      gradA -= gradB[e];
    }
    // a = cur (ln k' - logsumexp((s + b) / cur)): da/ds_e = da/db_e = -softmax_e
    for (size_t e = 0; e < s.size(); ++e) {
      gradB[e] = -gradA * descent.soft[i][e];
      gradS[e] += gradB[e];
    }
    gradA = 0;
  }
  for (size_t e = 0; e < s.size(); ++e) gradS[e] -= gradB[e];  // b starts as -s
}

#define INSTANTIATE(S)                                                                       \
  template S wantedEntries<S>(int, S, int);                                                  \
  template void softTopKRow<S>(std::span<const S>, const SoftTopKOptions<S>&, std::span<S>); \
  template void softTopKBackwardRow<S>(std::span<const S>, const SoftTopKOptions<S>&, std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
