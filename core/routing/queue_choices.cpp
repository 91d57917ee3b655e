#include "core/routing/serving.h"

namespace core {

void queueChoices(const std::vector<int32_t>& ids, int E, int K, int64_t slots, std::vector<int32_t>& slot,
                  std::vector<int32_t>& kept) {
  slot.resize(ids.size());
  kept.resize(ids.size());
  placeInQueues(ids, E, K, slots, {}, slot, kept);
}

}  // namespace core
