#include "core/routing/select.h"

#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace core {
namespace {

template <class S>
bool beats(S a, S b) {
  return a > b || (std::isnan(b) && !std::isnan(a));
}

}  // namespace

template <class S>
S topKRow(std::span<const S> scores, std::span<int32_t> ids) {
  CHECK(ids.size() <= scores.size(), "K {} of E {}", ids.size(), scores.size());
  constexpr S kNone = std::numeric_limits<S>::quiet_NaN();
  const size_t K = ids.size();
  if (K == 0) return kNone;
  // Experts come in index order, so an entry that only equals one already placed stays behind it.
  const auto insert = [&](size_t e, size_t last) {
    size_t at = last;
    while (at > 0 && beats(scores[e], scores[static_cast<size_t>(ids[at - 1])])) {
      ids[at] = ids[at - 1];
      --at;
    }
    ids[at] = static_cast<int32_t>(e);
  };
  for (size_t e = 0; e < K; ++e) insert(e, e);
  S low = scores[static_cast<size_t>(ids[K - 1])];  // what a newcomer has to beat
  S next = kNone;                                   // the best score that is not among ids
  for (size_t e = K; e < scores.size(); ++e) {
    const bool enters = beats(scores[e], low);
    const S loser = enters ? low : scores[e];
    if (beats(loser, next)) next = loser;
    if (!enters) continue;
    insert(e, K - 1);
    low = scores[static_cast<size_t>(ids[K - 1])];
  }
  return K < scores.size() ? low - next : kNone;
}

template <class S>
void topK(std::span<const S> scores, int E, int K, std::span<int32_t> ids, std::span<S> margins) {
  CHECK(E > 0 && K >= 0 && K <= E, "K {} of E {}", K, E);
  const size_t experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K), tokens = scores.size() / experts;
  CHECK(scores.size() == tokens * experts && ids.size() == tokens * chosen &&
            (margins.empty() || margins.size() == tokens),
        "scores {}, ids {}, margins {} with E {} and K {}", scores.size(), ids.size(), margins.size(), E, K);
  for (size_t t = 0; t < tokens; ++t) {
    const S margin = topKRow<S>(scores.subspan(t * experts, experts), ids.subspan(t * chosen, chosen));
    if (!margins.empty()) margins[t] = margin;
  }
}

#define INSTANTIATE(S)                                           \
  template S topKRow<S>(std::span<const S>, std::span<int32_t>); \
  template void topK<S>(std::span<const S>, int, int, std::span<int32_t>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
