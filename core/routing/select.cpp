// A row is sorted into its K best by insertion: right for every row, and quick where few experts come late. Where there
// are many experts that is a guess a step, most of them wrong, so longer rows are thinned out first, without a guess:
//
//   1. the row is laid into 8 (or 16) lanes and the largest of each lane kept: K of them are at least as large as the
//      K-th largest of these, the bar, so no entry below the bar is among the K best;
//   2. the places of the entries that reach the bar are written one after the other, about 17 of 64 for K = 8;
//   3. the rank of each among them is counted: how many are larger, and how many equal ones stand before it.
//
// The order is that of the insertion, ties to the lower index. Rows with too many or too few entries over the bar
// (equal scores, NaN) go the other way.
#include "core/routing/select.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace core {
namespace {

constexpr size_t kLeastThinned = 32, kMostThinned = 512;  // experts
constexpr size_t kLeastChosen = 4;                        // fewer come late too seldom for it to pay
constexpr size_t kCandidateBlock = 8;                     // ranks are counted against blocks of so many

template <class S>
bool beats(S a, S b) {
  return a > b || (std::isnan(b) && !std::isnan(a));
}

// The K-th largest of `most`, K <= N.
template <class S, size_t N>
S bar(std::array<S, N>& most, size_t K) {
  if (K == N) return *std::min_element(most.begin(), most.end());
  std::nth_element(most.begin(), most.begin() + static_cast<ptrdiff_t>(K - 1), most.end(), std::greater<S>());
  return most[K - 1];
}

// False: this row has to be sorted by insertion. `next` is the best that is not among `ids`.
template <size_t Lanes, class S>
bool thinnedRow(std::span<const S> scores, std::span<int32_t> ids, int32_t& next) {
  const size_t E = scores.size(), K = ids.size();
  std::array<S, Lanes> most;
  std::copy_n(scores.begin(), Lanes, most.begin());
  for (size_t e = Lanes; e + Lanes <= E; e += Lanes) {
    for (size_t j = 0; j < Lanes; ++j) most[j] = scores[e + j] > most[j] ? scores[e + j] : most[j];
  }
  for (const S m : most) {
    if (std::isnan(m)) return false;
  }
  const S least = bar(most, K);
  std::array<uint16_t, kMostThinned> places;
  size_t count = 0;
  for (size_t e = 0; e < E; ++e) {
    places[count] = static_cast<uint16_t>(e);
    count += scores[e] >= least;
  }
  constexpr size_t kRoom = 4 * Lanes;
  if (count <= K || count > kRoom) return false;
  std::array<S, kRoom> values;
  for (size_t i = 0; i < count; ++i) values[i] = scores[places[i]];
  const size_t padded = (count + kCandidateBlock - 1) / kCandidateBlock * kCandidateBlock;
  for (size_t i = count; i < padded; ++i) values[i] = -std::numeric_limits<S>::infinity();
  std::array<uint16_t, kRoom> order;
  for (size_t i = 0; i < count; ++i) {
    const S value = values[i];
    uint32_t rank = 0;
    for (size_t j = 0; j < padded; ++j) rank += values[j] > value;
    for (size_t j = 0; j < i; ++j) rank += values[j] == value;
    order[rank] = places[i];
  }
  std::copy_n(order.begin(), K, ids.begin());
  next = order[K];
  return true;
}

template <class S>
void insertedRow(std::span<const S> scores, std::span<int32_t> ids, int32_t& next) {
  const size_t K = ids.size();
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
  S best = std::numeric_limits<S>::quiet_NaN();     // of those that are not among ids
  next = -1;
  for (size_t e = K; e < scores.size(); ++e) {
    if (!beats(scores[e], low)) {
      if (beats(scores[e], best)) best = scores[e], next = static_cast<int32_t>(e);
      continue;
    }
    // Who falls out stood before all that were not chosen, equal ones too.
    best = low;
    next = std::isnan(low) ? -1 : ids[K - 1];
    insert(e, K - 1);
    low = scores[static_cast<size_t>(ids[K - 1])];
  }
}

}  // namespace

template <class S>
S topKRow(std::span<const S> scores, std::span<int32_t> ids, int32_t* next) {
  CHECK(ids.size() <= scores.size(), "K {} of E {}", ids.size(), scores.size());
  const size_t K = ids.size(), E = scores.size();
  int32_t after = -1;
  if (K > 0) {
    const bool isLong = E >= kLeastThinned && E <= kMostThinned && K >= kLeastChosen && 4 * K <= E;
    const bool isDone =
        isLong && (K <= 8 ? thinnedRow<8>(scores, ids, after) : K <= 16 && thinnedRow<16>(scores, ids, after));
    if (!isDone) insertedRow(scores, ids, after);
  }
  if (next) *next = after;
  if (after < 0) return std::numeric_limits<S>::quiet_NaN();
  return scores[static_cast<size_t>(ids[K - 1])] - scores[static_cast<size_t>(after)];
}

template <class S>
void topK(std::span<const S> scores, int E, int K, std::span<int32_t> ids, std::span<S> margins,
          std::span<int32_t> next) {
  CHECK(E > 0 && K >= 0 && K <= E, "K {} of E {}", K, E);
  const size_t experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K), tokens = scores.size() / experts;
  CHECK(scores.size() == tokens * experts && ids.size() == tokens * chosen &&
            (margins.empty() || margins.size() == tokens) && (next.empty() || next.size() == tokens),
        "scores {}, ids {}, margins {}, next {} with E {} and K {}", scores.size(), ids.size(), margins.size(),
        next.size(), E, K);
  for (size_t t = 0; t < tokens; ++t) {
    const S margin = topKRow<S>(scores.subspan(t * experts, experts), ids.subspan(t * chosen, chosen),
                                next.empty() ? nullptr : &next[t]);
    if (!margins.empty()) margins[t] = margin;
  }
}

#define INSTANTIATE(S)                                                     \
  template S topKRow<S>(std::span<const S>, std::span<int32_t>, int32_t*); \
  template void topK<S>(std::span<const S>, int, int, std::span<int32_t>, std::span<S>, std::span<int32_t>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
