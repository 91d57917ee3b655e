// Files of a placement (core/routing/placement.h): whatever is read also has a cost.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/routing/placement_chance.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int kExperts = 6, kChosen = 2;
  const auto map = core::parsePlacement({reinterpret_cast<const char*>(data), size}, kExperts);
  if (!map) return 0;
  const std::vector<int32_t> ids = {0, 1, 2, 3, 4, 5, 0, 5, 1, -1};
  const core::PlacementOptions options{.width = 8, .bytesAValue = 2, .factor = 1.0};
  const core::PlacementCost cost = core::placementCost(ids, {}, kChosen, *map, options);
  const auto chance = core::placementByChance(core::growingBatches(5), kChosen, *map, options);
  // Nine choices are somewhere, and no device waits for less than an even share.
  int64_t sum = 0;
  for (const int64_t load : cost.load) sum += load;
  if (sum != 9 || cost.straggler < 1 || chance.size() != 4) std::abort();
  return 0;
}
