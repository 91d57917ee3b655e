#include "core/routing/dispatch.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "core/base/check.h"

namespace core {
namespace {

constexpr std::array<std::string_view, 5> kOrderNames = {"rank_major", "token_major", "batch_priority", "by_score",
                                                         "permuted"};

// Every choice in serving order, before anybody declines to ask.
template <class S>
std::vector<Choice> servingSequence(std::span<const S> probs, int T, int K, const DispatchOptions<S>& options) {
  std::vector<int32_t> tokens(static_cast<size_t>(T));
  std::iota(tokens.begin(), tokens.end(), 0);
  const auto prob = [&](int32_t token, int32_t rank) {
    return probs[static_cast<size_t>(token) * static_cast<size_t>(K) + static_cast<size_t>(rank)];
  };
  if (options.order == ServingOrder::Permuted) tokens.assign(options.tokenOrder.begin(), options.tokenOrder.end());
  if (options.order == ServingOrder::BatchPriority && K > 0) {
    std::stable_sort(tokens.begin(), tokens.end(), [&](int32_t a, int32_t b) { return prob(a, 0) > prob(b, 0); });
  }
  const bool tokenFirst = options.order == ServingOrder::TokenMajor || options.order == ServingOrder::ByScore;
  std::vector<Choice> sequence;
  sequence.reserve(static_cast<size_t>(T) * static_cast<size_t>(K));
  for (int32_t outer = 0; outer < (tokenFirst ? T : K); ++outer) {
    for (int32_t inner = 0; inner < (tokenFirst ? K : T); ++inner) {
      const int32_t position = tokenFirst ? outer : inner;
      sequence.push_back({tokens[static_cast<size_t>(position)], tokenFirst ? inner : outer});
    }
  }
  if (options.order == ServingOrder::ByScore) {
    std::stable_sort(sequence.begin(), sequence.end(),
                     [&](Choice a, Choice b) { return prob(a.token, a.rank) > prob(b.token, b.rank); });
  }
  return sequence;
}

// u_t < g2 / threshold, g2 = p_2 / sum of the chosen p.
template <class S>
bool asksForSecond(std::span<const S> probs /* (K) */, S u, S threshold) {
  S sum = 0;
  for (S p : probs) sum += p;
  return u < probs[1] / sum / threshold;
}

template <class S>
void checkInputs(std::span<const int32_t> ids, std::span<const S> probs, int E, int K,
                 const DispatchOptions<S>& options) {
  CHECK(E > 0 && K > 0 && ids.size() % static_cast<size_t>(K) == 0, "E {}, K {}, ids {}", E, K, ids.size());
  CHECK(ids.size() <= static_cast<size_t>(std::numeric_limits<int32_t>::max()), "ids {}", ids.size());
  const size_t tokens = ids.size() / static_cast<size_t>(K);
  for (int32_t id : ids) CHECK(id >= 0 && id < E, "expert {} of {}", id, E);
  const bool readsProbs = options.order == ServingOrder::BatchPriority || options.order == ServingOrder::ByScore ||
                          (options.secondThreshold && K > 1);
  CHECK(readsProbs ? probs.size() == ids.size() : probs.empty() || probs.size() == ids.size(), "probs {}, ids {}",
        probs.size(), ids.size());
  CHECK(!options.secondThreshold || options.u.size() == tokens, "u {}, tokens {}", options.u.size(), tokens);
  if (options.order != ServingOrder::Permuted) return;
  CHECK(options.tokenOrder.size() == tokens, "token order {}, tokens {}", options.tokenOrder.size(), tokens);
  std::vector<uint8_t> seen(tokens);
  for (int32_t t : options.tokenOrder) {
    CHECK(t >= 0 && static_cast<size_t>(t) < tokens && !seen[static_cast<size_t>(t)],
          "token order is no permutation at {}", t);
    seen[static_cast<size_t>(t)] = 1;
  }
}

}  // namespace

std::string_view servingOrderName(ServingOrder order) { return kOrderNames[static_cast<size_t>(order)]; }

std::optional<ServingOrder> servingOrderFromName(std::string_view name) {
  for (size_t i = 0; i < kOrderNames.size(); ++i) {
    if (kOrderNames[i] == name) return static_cast<ServingOrder>(i);
  }
  return std::nullopt;
}

template <class S>
Dispatch dispatch(std::span<const int32_t> ids, std::span<const S> probs, int E, int K,
                  const DispatchOptions<S>& options) {
  checkInputs(ids, probs, E, K, options);
  const size_t chosen = static_cast<size_t>(K);
  Dispatch out;
  out.slot.assign(ids.size(), -1);
  out.kept.assign(ids.size(), 0);
  out.asked.assign(static_cast<size_t>(E), 0);
  out.served.assign(static_cast<size_t>(E), 0);
  out.order.reserve(ids.size());
  // for (t, j) in order:  slot = asked[e]++;  kept = slot < C
  for (const Choice& choice : servingSequence(probs, static_cast<int>(ids.size() / chosen), K, options)) {
    const size_t token = static_cast<size_t>(choice.token), place = token * chosen + static_cast<size_t>(choice.rank);
    if (choice.rank == 1 && options.secondThreshold &&
        !asksForSecond(probs.subspan(token * chosen, chosen), options.u[token], *options.secondThreshold)) {
      continue;
    }
    const size_t e = static_cast<size_t>(ids[place]);
    out.order.push_back(choice);
    out.slot[place] = out.asked[e]++;
    if (options.capacity && out.slot[place] >= *options.capacity) continue;
    out.kept[place] = 1;
    ++out.served[e];
  }
  return out;
}

double Dispatch::droppedChoices() const {
  const auto dropped = std::count(kept.begin(), kept.end(), uint8_t{0});
  return static_cast<double>(dropped) / static_cast<double>(kept.size());
}

namespace {

// Share of tokens of which at least `least` choices were dropped.
double tokensLosing(std::span<const uint8_t> kept, int K, ptrdiff_t least) {
  const size_t chosen = static_cast<size_t>(K), T = kept.size() / chosen;
  size_t losing = 0;
  for (size_t t = 0; t < T; ++t) {
    const auto row = kept.subspan(t * chosen, chosen);
    losing += std::count(row.begin(), row.end(), uint8_t{0}) >= least;
  }
  return static_cast<double>(losing) / static_cast<double>(T);
}

}  // namespace

double Dispatch::droppedAny(int K) const { return tokensLosing(kept, K, 1); }

double Dispatch::droppedAll(int K) const { return tokensLosing(kept, K, K); }

ExpertBatches batchByExpert(std::span<const int32_t> ids, const Dispatch& dispatch, int E) {
  CHECK(dispatch.served.size() == static_cast<size_t>(E) && dispatch.kept.size() == ids.size(), "E {}, ids {}", E,
        ids.size());
  ExpertBatches out;
  out.begin.assign(static_cast<size_t>(E) + 1, 0);
  for (size_t e = 0; e < static_cast<size_t>(E); ++e) out.begin[e + 1] = out.begin[e] + dispatch.served[e];
  out.rows.resize(static_cast<size_t>(out.begin.back()));
  // Kept slots of an expert are 0 .. served - 1: a slot is kept if it is below C, and slots are handed out from 0.
  for (size_t place = 0; place < ids.size(); ++place) {
    if (!dispatch.kept[place]) continue;
    const size_t first = static_cast<size_t>(out.begin[static_cast<size_t>(ids[place])]);
    out.rows[first + static_cast<size_t>(dispatch.slot[place])] = static_cast<int32_t>(place);
  }
  return out;
}

template Dispatch dispatch<float>(std::span<const int32_t>, std::span<const float>, int, int,
                                  const DispatchOptions<float>&);
template Dispatch dispatch<double>(std::span<const int32_t>, std::span<const double>, int, int,
                                   const DispatchOptions<double>&);

}  // namespace core
