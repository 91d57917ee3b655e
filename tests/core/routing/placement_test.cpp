#include "core/routing/placement.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using core::PlacementKind;
using Ids = std::vector<int32_t>;

// Named results: GCC 12 takes the destructor of a temporary for that of something on the stack.
Ids devicesOf(PlacementKind kind, const std::vector<int64_t>& load, int devices) {
  const auto map = core::placeExperts(kind, load, devices);
  return map ? map->device : Ids{};
}

std::string messageOf(std::string_view text, int experts) {
  const auto map = core::parsePlacement(text, experts);
  return map ? "read" : map.error().message;
}

TEST(Placement, ContiguousStripedAndGreedyGiveEveryDeviceItsExperts) {
  const std::vector<int64_t> load = {9, 1, 8, 2, 7};
  EXPECT_EQ(devicesOf(PlacementKind::Contiguous, load, 2), (Ids{0, 0, 0, 1, 1}));
  EXPECT_EQ(devicesOf(PlacementKind::Striped, load, 2), (Ids{0, 1, 0, 1, 0}));
  // 9 -> 0, 8 -> 1, 7 -> 1, 2 -> 0, 1 -> 0
  EXPECT_EQ(devicesOf(PlacementKind::Greedy, load, 2), (Ids{0, 0, 1, 0, 1}));
  EXPECT_EQ(devicesOf(PlacementKind::Greedy, {0, 0, 0}, 3), (Ids{0, 1, 2}));
  const auto tooMany = core::placeExperts(PlacementKind::Striped, load, 6);
  ASSERT_FALSE(tooMany.has_value());
  EXPECT_EQ(tooMany.error().message, "devices: expected 1 to 5, one expert each at least, found 6");
}

TEST(Placement, CostsFollowTheFormulas) {
  // Two devices of two experts; four tokens, two choices each; tokens 0 and 1 live on device 0.
  const core::DeviceMap map{{0, 0, 1, 1}, 2};
  const Ids ids = {0, 1, 0, 2, 2, 3, 0, -1}, kept = {1, 1, 1, 1, 1, 0, 1, 0};
  const core::PlacementCost cost =
      core::placementCost(ids, kept, 2, map, {.width = 10, .bytesAValue = 2, .factor = 1.0});
  EXPECT_EQ(cost.choices, 6);
  EXPECT_EQ(cost.load, (std::vector<int64_t>{4, 2}));
  EXPECT_DOUBLE_EQ(cost.straggler, 4.0 / 3);
  EXPECT_DOUBLE_EQ(cost.devicesAToken, 5.0 / 4);  // t1 goes to both
  EXPECT_EQ(cost.bytes, 2 * 2 * 10 * 2);          // t1 to device 1, t3 to device 0, there and back
  EXPECT_EQ(cost.slots, 3);
  EXPECT_EQ(cost.dropped, 1);
}

TEST(Placement, AFileIsReadWithCare) {
  const auto map = core::parsePlacement("0, 1\n1 0\n", 4);
  ASSERT_TRUE(map.has_value()) << map.error().message;
  EXPECT_EQ(map->device, (Ids{0, 1, 1, 0}));
  EXPECT_EQ(map->devices, 2);
  EXPECT_EQ(messageOf("0 1", 3), "expected a device number for each of 3 experts, found 2");
  EXPECT_EQ(messageOf("0 1 0 1", 3), "expected a device number for each of 3 experts, found more");
  EXPECT_EQ(messageOf("0 3 1", 3), "expected a device number from 0 to 2 for expert 1, found 3 1");
  EXPECT_EQ(messageOf("0 x 1", 3), "expected a device number from 0 to 2 for expert 1, found x 1");
  EXPECT_EQ(messageOf("0 2 0", 3), "device 1 has no expert; number the devices without gaps");
  EXPECT_EQ(messageOf("99999999999999999999 0 0", 3),
            "expected a device number from 0 to 2 for expert 0, found 99999999999999999999");
}

}  // namespace
