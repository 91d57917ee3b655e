#include "core/routing/drops.h"

#include "core/base/check.h"

namespace core {
namespace {

struct Count {
  int64_t tokens = 0, choices = 0, dropped = 0, any = 0, all = 0;

  DropShares shares() const {
    const double n = static_cast<double>(tokens);
    return {tokens, static_cast<double>(dropped) / static_cast<double>(choices), static_cast<double>(any) / n,
            static_cast<double>(all) / n};
  }
};

}  // namespace

DropsByQuarter dropsByQuarter(std::span<const uint8_t> kept, int K, std::span<const int32_t> ids) {
  CHECK(K > 0 && kept.size() % static_cast<size_t>(K) == 0, "kept {}, K {}", kept.size(), K);
  CHECK(ids.empty() || ids.size() == kept.size(), "ids {}, kept {}", ids.size(), kept.size());
  const size_t chosen = static_cast<size_t>(K), tokens = kept.size() / chosen;
  std::array<Count, 5> counts;  // four quarters and the whole
  for (size_t t = 0; t < tokens; ++t) {
    int there = 0, dropped = 0;
    for (size_t at = t * chosen; at < (t + 1) * chosen; ++at) {
      if (!ids.empty() && ids[at] < 0) continue;
      ++there;
      dropped += kept[at] == 0;
    }
    for (Count* count : {&counts[4 * t / tokens], &counts[4]}) {
      ++count->tokens;
      count->choices += there;
      count->dropped += dropped;
      count->any += dropped > 0;
      count->all += dropped == there;
    }
  }
  DropsByQuarter out;
  for (size_t q = 0; q < 4; ++q) out.quarters[q] = counts[q].shares();
  const DropShares whole = counts[4].shares();
  out.choices = whole.choices;
  out.leftBehind = whole.all;
  return out;
}

}  // namespace core
