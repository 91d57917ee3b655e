#include "core/routing/mutual_information.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

template <class S>
std::vector<S> meanRow(std::span<const S> probs, size_t E) {
  std::vector<CarefulSum<S>> sums(E);
  for (size_t i = 0; i < probs.size(); ++i) sums[i % E].add(probs[i]);
  const size_t T = probs.size() / E;
  std::vector<S> mean;
  mean.reserve(E);
  for (const auto& sum : sums) mean.push_back(sum.value() / static_cast<S>(T));
  return mean;
}

}  // namespace

template <class S>
RoutingInformation<S> routingInformation(std::span<const S> probs, int E, S eps) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && probs.size() % experts == 0, "probs {}, E {}", probs.size(), E);
  RoutingInformation<S> out;
  for (S m : meanRow(probs, experts)) out.marginal -= m > 0 ? m * std::log(m + eps) : S{0};
  CarefulSum<S> sum;
  for (size_t at = 0; at < probs.size(); at += experts) sum.add(entropy<S>(probs.subspan(at, experts)));
  const size_t T = probs.size() / experts;
  out.conditional = sum.value() / static_cast<S>(T);
  return out;
}

template <class S>
void routingInformationBackward(std::span<const S> probs, int E, S eps, S gradMarginal, S gradConditional,
                                std::span<S> gradLogits) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && probs.size() % experts == 0 && gradLogits.size() == probs.size(), "probs {}, gradient {}, E {}",
        probs.size(), gradLogits.size(), E);
  const size_t T = probs.size() / experts;
  const S tokens = static_cast<S>(T);
  // dH_marginal / dp_te = -(ln(m_e + eps) + m_e / (m_e + eps)) / T
  std::vector<S> slope;
  for (S m : meanRow(probs, experts))
    slope.push_back(m > 0 ? -gradMarginal * (std::log(m + eps) + m / (m + eps)) / tokens : S{0});
  for (size_t at = 0; at < probs.size(); at += experts) {
    const auto row = probs.subspan(at, experts);
    const auto out = gradLogits.subspan(at, experts);
    softmaxBackwardRow<S>(row, slope, out);
    entropyBackwardRow<S>(row, gradConditional / tokens, out);
  }
}

TableInformation tableInformation(std::span<const int64_t> counts, int E) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && counts.size() % experts == 0, "counts {}, E {}", counts.size(), E);
  std::vector<double> rows(counts.size() / experts), columns(experts);
  double total = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    CHECK(counts[i] >= 0, "count {}", counts[i]);
    const double n = static_cast<double>(counts[i]);
    rows[i / experts] += n;
    columns[i % experts] += n;
    total += n;
  }
  CarefulSum<double> sum;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double n = static_cast<double>(counts[i]);
    if (n > 0) sum.add(n / total * std::log(n * total / (rows[i / experts] * columns[i % experts])));
  }
  for (double& row : rows) row /= total;
  const double bound = std::min(std::log(static_cast<double>(E)), entropy<double>(rows));
  const double mi = total > 0 ? std::max(sum.value(), 0.0) : std::numeric_limits<double>::quiet_NaN();
  return {mi, bound > 0 ? mi / bound : std::numeric_limits<double>::quiet_NaN()};
}

#define INSTANTIATE(S)                                                              \
  template RoutingInformation<S> routingInformation<S>(std::span<const S>, int, S); \
  template void routingInformationBackward<S>(std::span<const S>, int, S, S, S, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
