#include "core/routing/sparse_mixer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"
#include "core/routing/select.h"

namespace core {

template <class S>
void sparseMixer(std::span<const S> logits, int E, S jitter, std::span<int32_t> ids, std::span<S> weights) {
  const size_t experts = static_cast<size_t>(E), T = logits.size() / experts;
  CHECK(E >= 2 && logits.size() == T * experts && ids.size() == 2 * T && weights.size() == 2 * T,
        "logits {}, E {}, ids {}, weights {}", logits.size(), E, ids.size(), weights.size());
  constexpr S kMasked = -std::numeric_limits<S>::infinity();
  std::vector<S> left(experts);
  for (size_t t = 0; t < T; ++t) {
    const auto row = logits.subspan(t * experts, experts);
    const auto chosen = ids.subspan(2 * t, 2);
    topKRow<S>(row, chosen);
    for (size_t round = 0; round < 2; ++round) {
      const size_t best = static_cast<size_t>(chosen[round]);
      const S m = row[best];
      for (size_t e = 0; e < experts; ++e) {
        const bool removed = round == 1 && e == static_cast<size_t>(chosen[0]);
        left[e] = removed || (m - row[e]) / std::max(std::abs(row[e]), m) > 2 * jitter ? kMasked : row[e];
      }
      softmaxRow<S>(left, left);
      weights[2 * t + round] = left[best];
    }
  }
}

template void sparseMixer<float>(std::span<const float>, int, float, std::span<int32_t>, std::span<float>);
template void sparseMixer<double>(std::span<const double>, int, double, std::span<int32_t>, std::span<double>);

}  // namespace core
