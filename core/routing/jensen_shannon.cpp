#include "core/routing/jensen_shannon.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {

double jensenShannon(std::span<const int64_t> a, std::span<const int64_t> b) {
  CHECK(a.size() == b.size(), "a {}, b {}", a.size(), b.size());
  double sumA = 0, sumB = 0;
  for (int64_t n : a) sumA += static_cast<double>(n);
  for (int64_t n : b) sumB += static_cast<double>(n);
  // As the mean of two divergences from the middle: equal rows give exactly 0, no difference of large entropies is
  // taken.
  CarefulSum<double> sum;
  for (size_t e = 0; e < a.size(); ++e) {
    const double p = static_cast<double>(a[e]) / sumA, q = static_cast<double>(b[e]) / sumB, middle = (p + q) / 2;
    sum.add(p > 0 ? p * std::log(p / middle) / 2 : p);
    sum.add(q > 0 ? q * std::log(q / middle) / 2 : q);
  }
  const double jsd = sum.value();
  return jsd < 0 ? 0 : std::min(jsd, std::numbers::ln2);
}

double jensenShannonDistance(double jsd) { return std::sqrt(jsd / std::numbers::ln2); }

}  // namespace core
