#include "core/routing/sparse_mixer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"
#include "core/routing/select.h"

namespace core {

namespace {

template <class S>
constexpr S kMasked = -std::numeric_limits<S>::infinity();

// Both rounds of a row, each with the expert that has its place. `left` (E) is room to work in.
template <class S>
void weighRow(std::span<const S> row, S jitter, std::span<const int32_t> chosen, std::span<S> left,
              std::span<S> weights) {
  for (size_t round = 0; round < 2; ++round) {
    const auto taken = static_cast<size_t>(chosen[round]);
    const auto removed = [&](size_t e) { return round == 1 && e == static_cast<size_t>(chosen[0]); };
    S m = kMasked<S>;
    for (size_t e = 0; e < row.size(); ++e) m = removed(e) ? m : std::max(m, row[e]);
    for (size_t e = 0; e < row.size(); ++e) {
      const bool far = (m - row[e]) / std::max(std::abs(row[e]), m) > 2 * jitter;
      left[e] = removed(e) || (far && e != taken) ? kMasked<S> : row[e];
    }
    softmaxRow<S>(left, left);
    weights[round] = left[taken];
  }
}

}  // namespace

template <class S>
void sparseMixer(std::span<const S> logits, int E, S jitter, std::span<int32_t> ids, std::span<S> weights) {
  const size_t experts = static_cast<size_t>(E), T = logits.size() / experts;
  CHECK(E >= 2 && logits.size() == T * experts && ids.size() == 2 * T && weights.size() == 2 * T,
        "logits {}, E {}, ids {}, weights {}", logits.size(), E, ids.size(), weights.size());
  std::vector<S> left(experts);
  for (size_t t = 0; t < T; ++t) {
    const auto row = logits.subspan(t * experts, experts);
    topKRow<S>(row, ids.subspan(2 * t, 2));
    weighRow<S>(row, jitter, ids.subspan(2 * t, 2), left, weights.subspan(2 * t, 2));
  }
}

template <class S>
void sparseMixerWeights(std::span<const S> logits, S jitter, std::span<const int32_t> ids, std::span<S> weights) {
  CHECK(logits.size() >= 2 && ids.size() == 2 && weights.size() == 2, "logits {}, ids {}, weights {}", logits.size(),
        ids.size(), weights.size());
  std::vector<S> left(logits.size());
  weighRow<S>(logits, jitter, ids, left, weights);
}

template void sparseMixer<float>(std::span<const float>, int, float, std::span<int32_t>, std::span<float>);
template void sparseMixer<double>(std::span<const double>, int, double, std::span<int32_t>, std::span<double>);
template void sparseMixerWeights<float>(std::span<const float>, float, std::span<const int32_t>, std::span<float>);
template void sparseMixerWeights<double>(std::span<const double>, double, std::span<const int32_t>, std::span<double>);

}  // namespace core
