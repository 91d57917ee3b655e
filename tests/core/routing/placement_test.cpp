#include "core/routing/placement.h"

#include <gtest/gtest.h>

#include <string>

#include "core/routing/placement_chance.h"

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
  EXPECT_EQ(cost.capacity, 3);
  EXPECT_EQ(cost.dropped, 1);
}

TEST(Placement, AFileIsReadWithCare) {
  const auto map = core::parsePlacement("0, 1\n1 0\n", 4);
  ASSERT_TRUE(map.has_value()) << map.error().message;
  EXPECT_EQ(map->device, (Ids{0, 1, 1, 0}));
  EXPECT_EQ(map->devices, 2);
  EXPECT_EQ(messageOf("0 1", 3), "line 1: expected a device number for each of 3 experts, found 2");
  EXPECT_EQ(messageOf("0 1\n\n0 1", 3), "line 3: expected a device number for each of 3 experts, found more");
  EXPECT_EQ(messageOf("0\n3\n1", 3), "line 2: expected a device number from 0 to 2 for expert 1, found 3");
  EXPECT_EQ(messageOf("0 x 1", 3), "line 1: expected a device number from 0 to 2 for expert 1, found x");
  EXPECT_EQ(messageOf("0 -1 1", 3), "line 1: expected a device number from 0 to 2 for expert 1, found -1");
  EXPECT_EQ(messageOf("0 1\xFF\x01 1", 3), "line 1: expected a device number from 0 to 2 for expert 1, found 1??");
  EXPECT_EQ(messageOf("0 2 0", 3),
            "expected an expert on each device from 0 to 2, found none on device 1; number them without gaps");
  EXPECT_EQ(messageOf("99999999999999999999999 0 0", 3),
            "line 1: expected a device number from 0 to 2 for expert 0, found 99999999999999999999\u2026");
}

TEST(Placement, TypesHaveTheirBytes) {
  EXPECT_EQ(core::valueTypeBytes("f32"), 4);
  EXPECT_EQ(core::valueTypeBytes("bf16"), 2);
  EXPECT_EQ(core::valueTypeBytes("fp8"), 1);
  EXPECT_EQ(core::valueTypeBytes("f64"), 0);
}

TEST(PlacementChance, OfTwoDevicesIsWhatCountingGives) {
  // Four experts on two devices, two choices a token: both on one device in 2 of 6 pairs, so 4/3 + 1/3 = 5/3 devices.
  const core::DeviceMap map{{0, 0, 1, 1}, 2};
  const std::vector<int> batches = {1, 600};
  const auto chance = core::placementByChance(batches, 2, map, {.width = 10, .bytesAValue = 2, .factor = 1.0});
  ASSERT_EQ(chance.size(), 2U);
  EXPECT_NEAR(chance[1].devicesAToken, 5.0 / 3, 1e-12);
  EXPECT_NEAR(chance[1].communication, 5.0 / 6, 1e-12) << "M = 2";
  EXPECT_NEAR(chance[1].bytes, 2 * 10 * 2 * 600 * 5.0 / 6, 1e-6) << "each token is sent away with 5/6";
  // One token: both choices on one device (straggler 2) or on two (1), in the mean 4/3.
  EXPECT_NEAR(chance[0].straggler, 4.0 / 3, 0.2);
  EXPECT_EQ(chance[0].stragglerHigh, 2);
  EXPECT_GT(chance[1].straggler, 1);
  EXPECT_LT(chance[1].straggler, 1.05) << "luck evens out";
  EXPECT_LE(chance[1].straggler, chance[1].stragglerHigh);
  EXPECT_GT(chance[1].dropped, 0);
  EXPECT_LT(chance[1].dropped, 40);
}

TEST(PlacementChance, OneDeviceHasNothingToWaitFor) {
  const core::DeviceMap map{{0, 0, 0}, 1};
  const auto chance = core::placementByChance(std::vector<int>{5}, 2, map, {.width = 4, .bytesAValue = 2, .factor = {}});
  EXPECT_DOUBLE_EQ(chance[0].straggler, 1);
  EXPECT_DOUBLE_EQ(chance[0].devicesAToken, 1);
  EXPECT_DOUBLE_EQ(chance[0].bytes, 0);
  EXPECT_DOUBLE_EQ(chance[0].communication, 1);
}

TEST(PlacementChance, BatchesDoubleUpToTheRunAndDevicesAreCounted) {
  EXPECT_EQ(core::growingBatches(60), (std::vector<int>{1, 2, 4, 8, 15, 30, 60}));
  EXPECT_EQ(core::growingBatches(1), std::vector<int>{1});
  EXPECT_TRUE(core::growingBatches(0).empty());
  EXPECT_EQ(core::growingBatches(4096).size(), 8U);
  const core::DeviceMap map{{0, 0, 1, 1, 2}, 3};
  EXPECT_EQ(core::leastDevices(map, 2), 1);
  EXPECT_EQ(core::leastDevices(map, 3), 2);
  EXPECT_EQ(core::mostDevices(map, 2), 2);
  EXPECT_EQ(core::mostDevices(map, 5), 3);
}

}  // namespace
