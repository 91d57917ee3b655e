#include <algorithm>

#include "core/routing/dispatch.h"

namespace core {

void queueChoices(const std::vector<int32_t>& ids, int E, int K, int64_t slots, std::vector<int32_t>& slot,
                  std::vector<int32_t>& kept) {
  DispatchOptions<float> rules;
  rules.capacity = slots;
  if (std::find(ids.begin(), ids.end(), -1) == ids.end()) {
    Dispatch decided = dispatch<float>(ids, {}, E, K, rules);
    slot = std::move(decided.slot);
    kept.assign(decided.kept.begin(), decided.kept.end());
    return;
  }
  // The choices that exist, in serving order, as tokens with one choice each.
  std::vector<int32_t> asking, places;
  const size_t columns = static_cast<size_t>(K);
  for (size_t rank = 0; rank < columns; ++rank) {
    for (size_t at = rank; at < ids.size(); at += columns) {
      if (ids[at] < 0) continue;
      asking.push_back(ids[at]);
      places.push_back(static_cast<int32_t>(at));
    }
  }
  const Dispatch decided = dispatch<float>(asking, {}, E, 1, rules);
  slot.assign(ids.size(), -1);
  kept.assign(ids.size(), 0);
  for (size_t i = 0; i < places.size(); ++i) {
    slot[static_cast<size_t>(places[i])] = decided.slot[i];
    kept[static_cast<size_t>(places[i])] = decided.kept[i];
  }
}

}  // namespace core
