#include "core/routing/null_drop_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

// q P(Bin(t, q) >= C) for every t, added to the curve. The tail grows by the chance that the t-th token is the C-th to
// come:
//   P(Bin(t, q) >= C) = P(Bin(t - 1, q) >= C) + q P(Bin(t - 1, q) = C - 1)
//   P(Bin(n, q) = c)  = P(Bin(n - 1, q) = c) (1 - q) n / (n - c),   P(Bin(c, q) = c) = q^c   (in logarithms)
void addExpert(double q, int64_t times, int64_t C, std::vector<CarefulSum<double>>& curve) {
  const int64_t T = static_cast<int64_t>(curve.size()), c = C - 1;
  const double weight = q * static_cast<double>(times);
  if (q <= 0) return;
  if (C <= 0) {
    for (auto& sum : curve) sum.add(weight);
    return;
  }
  CarefulSum<double> tail;
  CarefulSum<double> logPmf;
  if (c > 0) logPmf.add(static_cast<double>(c) * std::log(q));
  const double logMiss = q >= 1 ? 0 : std::log1p(-q);
  for (int64_t t = C; t < T; ++t) {
    const int64_t n = t - 1;
    if (n > c) {
      if (q >= 1) {
        curve[static_cast<size_t>(t)].add(weight);
        continue;
      }
      logPmf.add(logMiss);
      logPmf.add(std::log(static_cast<double>(n) / static_cast<double>(n - c)));
    }
    tail.add(q * std::exp(logPmf.value()));
    curve[static_cast<size_t>(t)].add(weight * std::min(tail.value(), 1.0));
  }
}

}  // namespace

std::vector<double> nullDropCurve(std::span<const double> shares, int64_t T, int64_t C) {
  CHECK(T >= 0 && C >= 0, "T {}, C {}", T, C);
  std::vector<CarefulSum<double>> sums(static_cast<size_t>(T));
  std::vector<double> sorted(shares.begin(), shares.end());
  std::sort(sorted.begin(), sorted.end());
  // Experts of one share have one curve.
  for (size_t e = 0; e < sorted.size();) {
    size_t end = e;
    while (end < sorted.size() && sorted[end] == sorted[e]) ++end;
    addExpert(sorted[e], static_cast<int64_t>(end - e), C, sums);
    e = end;
  }
  std::vector<double> curve;
  curve.reserve(sums.size());
  for (const auto& sum : sums) curve.push_back(sum.value());
  return curve;
}

std::array<double, 7> summariseDropCurve(std::span<const double> curve) {
  constexpr std::array<double, 5> kPlaces = {.5, .6, .7, .8, .9};
  const double T = static_cast<double>(curve.size());
  std::array<double, 7> out;
  out.fill(std::numeric_limits<double>::quiet_NaN());
  for (size_t i = 0; i < kPlaces.size(); ++i) {
    const double position = std::floor(kPlaces[i] * T) - 1;
    if (position >= 0) out[i] = curve[static_cast<size_t>(position)];
  }
  if (curve.empty()) return out;
  CarefulSum<double> sum;
  for (double chance : curve) sum.add(chance);
  out[5] = curve.back();
  out[6] = sum.value() / T;
  return out;
}

}  // namespace core
