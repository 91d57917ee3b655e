#include "core/routing/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "core/base/check.h"
#include "core/base/uniform.h"

namespace core {
namespace {

class Queues {
 public:
  Queues(std::span<const int32_t> ids, int E, int K, int64_t slots, std::span<int32_t> slot, std::span<int32_t> kept)
      : m_ids(ids), m_E(E), m_K(static_cast<size_t>(K)), m_slots(slots), m_slot(slot), m_kept(kept) {
    m_asked.assign(static_cast<size_t>(E), 0);
  }

  size_t tokens() const { return m_ids.size() / m_K; }

  void serve(size_t place) {
    const int32_t id = m_ids[place];
    if (id < 0) {
      m_slot[place] = -1;
      m_kept[place] = 0;
      return;
    }
    CHECK(id < m_E, "expert {} of {}", id, m_E);
    m_slot[place] = m_asked[static_cast<size_t>(id)]++;
    m_kept[place] = m_slot[place] < m_slots;
  }
  void tokenMajor() {
    for (size_t place = 0; place < m_ids.size(); ++place) serve(place);
  }
  void rankMajor() {
    for (size_t rank = 0; rank < m_K; ++rank) {
      for (size_t place = rank; place < m_ids.size(); place += m_K) serve(place);
    }
  }
  void rankMajor(const std::vector<int32_t>& tokens) {
    for (size_t rank = 0; rank < m_K; ++rank) {
      for (const int32_t t : tokens) serve(static_cast<size_t>(t) * m_K + rank);
    }
  }

  // One number to sort by: the larger probability first (the bits of one that is not negative grow with it), then the
  // lower place.
  static uint64_t key(float prob, size_t place) {
    const uint32_t descending = ~std::bit_cast<uint32_t>(prob + 0.0F);
    return uint64_t{descending} << 32 | place;
  }

  // Radix sort, eleven bits a pass: a layer of 32,768 choices is sorted while a slider is dragged. Equal ones stay in
  // the order they had.
  static void sortByUpperHalf(std::vector<uint64_t>& keys) {
    constexpr int kBits = 11;
    std::vector<uint64_t> sorted(keys.size());
    for (int shift = 32; shift < 64; shift += kBits) {
      std::array<size_t, size_t{1} << kBits> place{};
      const auto digit = [&](uint64_t one) { return static_cast<size_t>(one >> shift) & (place.size() - 1); };
      for (const uint64_t one : keys) ++place[digit(one)];
      std::exclusive_scan(place.begin(), place.end(), place.begin(), size_t{0});
      for (const uint64_t one : keys) sorted[place[digit(one)]++] = one;
      keys.swap(sorted);
    }
  }

  std::vector<int32_t> byPriority(std::span<const float> probs) const {
    std::vector<uint64_t> keys(tokens());
    for (size_t t = 0; t < keys.size(); ++t) keys[t] = key(probs[t * m_K], t);
    sortByUpperHalf(keys);
    std::vector<int32_t> order;
    for (const uint64_t one : keys) order.push_back(static_cast<int32_t>(one & 0xFFFFFFFFU));
    return order;
  }
  std::vector<int32_t> permuted(uint64_t seed, uint64_t stream) const {
    std::vector<std::pair<double, int32_t>> keys(tokens());
    for (size_t t = 0; t < keys.size(); ++t) keys[t] = {openUniformAt(seed, stream, t), static_cast<int32_t>(t)};
    std::sort(keys.begin(), keys.end());
    std::vector<int32_t> order;
    for (const auto& [draw, token] : keys) order.push_back(token);
    return order;
  }

  void byScore(std::span<const float> probs) {
    std::vector<uint64_t> keys(m_ids.size());
    for (size_t place = 0; place < keys.size(); ++place) keys[place] = key(probs[place], place);
    sortByUpperHalf(keys);
    for (const uint64_t one : keys) serve(one & 0xFFFFFFFFU);
  }

 private:
  std::span<const int32_t> m_ids;
  int32_t m_E;
  size_t m_K;
  int64_t m_slots;
  std::span<int32_t> m_slot, m_kept;
  std::vector<int32_t> m_asked;
};

}  // namespace

int Serving::groupSize(int tokens) const {
  if (sequence <= 0) return tokens;
  return static_cast<int>(std::min<int64_t>(tokens, int64_t{sequence} * std::max(1, sequences)));
}

std::string servingText(const Serving& serving) {
  std::string text;
  if (serving.order != ServingOrder::RankMajor) text = fmt::format("order {}", servingOrderName(serving.order));
  if (serving.order == ServingOrder::Permuted) text += fmt::format(", seed {}", serving.seed);
  if (serving.sequence > 0) {
    text += fmt::format("{}groups of {} x {} tokens", text.empty() ? "" : ", ", serving.sequences, serving.sequence);
  }
  return text;
}

std::vector<TokenRange> groupsOf(int tokens, int size) {
  std::vector<TokenRange> groups;
  for (int first = 0; first < tokens; first += size) groups.push_back({first, std::min(size, tokens - first)});
  return groups;
}

TokenRange groupAt(int token, int tokens, int size) {
  if (size <= 0) return {0, tokens};
  const int first = std::clamp(token, 0, std::max(0, tokens - 1)) / size * size;
  return {first, std::min(size, tokens - first)};
}

void placeInQueues(std::span<const int32_t> ids, int E, int K, int64_t slots, const QueueOrder& order,
                   std::span<int32_t> slot, std::span<int32_t> kept) {
  CHECK(E > 0 && K > 0 && ids.size() % static_cast<size_t>(K) == 0, "E {}, K {}, ids {}", E, K, ids.size());
  CHECK(slot.size() == ids.size() && kept.size() == ids.size(), "ids {}, slot {}, kept {}", ids.size(), slot.size(),
        kept.size());
  CHECK(ids.size() <= static_cast<size_t>(INT32_MAX), "ids {}", ids.size());
  const bool readsProbs = order.order == ServingOrder::BatchPriority || order.order == ServingOrder::ByScore;
  CHECK(!readsProbs || order.probs.size() == ids.size(), "probs {}, ids {}", order.probs.size(), ids.size());
  Queues queues(ids, E, K, slots, slot, kept);
  switch (order.order) {
    case ServingOrder::RankMajor:
      return queues.rankMajor();
    case ServingOrder::TokenMajor:
      return queues.tokenMajor();
    case ServingOrder::BatchPriority:
      return queues.rankMajor(queues.byPriority(order.probs));
    case ServingOrder::ByScore:
      return queues.byScore(order.probs);
    case ServingOrder::Permuted:
      return queues.rankMajor(queues.permuted(order.seed, order.stream));
  }
}

}  // namespace core
