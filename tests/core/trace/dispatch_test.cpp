#include "core/trace/dispatch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/routing/dispatch.h"
#include "tests/support/made_trace.h"

namespace {

using core::CapacityRule;
using core::Hook;
using core::LayerDispatch;

// What dispatch says in one line: capacity, kept choices, the largest slot.
std::string inWords(const LayerDispatch& d) {
  int kept = 0, last = -1;
  for (const int32_t k : d.kept) kept += k;
  for (const int32_t s : d.slot) last = std::max(last, s);
  return fmt::format("{}{} C {} group {} of {} kept {} last slot {}{}", d.exists ? "" : "none ",
                     d.simulated ? "simulated" : "recorded", d.capacity, d.group, d.tokens, kept, last, d.problem);
}

TEST(AnotherCapacity, ServesFirstChoicesBeforeSecondOnesUpToTheCapacityOfEveryRule) {
  test::MadeTrace options;
  options.router = test::plainRouter(8, 2);
  options.layers = 3;
  const core::Trace trace = test::makeTrace(options);
  int fitting = 0;
  for (const CapacityRule rule : core::kCapacityRules) {
    for (const double factor : {0.5, 1.0, 1.25}) {
      const auto layers = test::decidedUnder(trace, rule, factor);
      ASSERT_EQ(layers.size(), 3u);
      for (int layer = 0; layer < 3; ++layer) {
        const LayerDispatch& d = layers[static_cast<size_t>(layer)];
        if (!d.exists) continue;  // a rule for one choice a token
        ++fitting;
        const auto place = fmt::format("{} {} L{}: {}", core::capacityRuleName(rule), factor, layer, inWords(d));
        std::vector<int> served(8, 0);
        for (size_t rank = 0; rank < 2; ++rank) {
          for (int token = 0; token < 40; ++token) {
            const auto expert = static_cast<size_t>(trace.ints(Hook::RouterIds, layer, token)[rank]);
            const size_t at = static_cast<size_t>(token) * 2 + rank;
            const int slot = served[expert]++;
            ASSERT_EQ(d.kept[at], slot < d.capacity) << place;
            ASSERT_EQ(d.slot[at], slot) << place;
          }
        }
      }
    }
  }
  EXPECT_GE(fitting, 9 * 3 * 3 - 9);
}

TEST(AnotherCapacity, IsCountedFromTheTokensOfTheRun) {
  test::MadeTrace options;
  options.router = test::plainRouter(4, 2);
  EXPECT_EQ(test::decidedUnder(test::makeTrace(options), CapacityRule::Gshard, 1.0)[1].capacity,
            20);  // ceil(2 * 40 / 4)
}

TEST(AnotherCapacity, KeepsTheGroupOfAFamilyThatDropsAndCallsItsOwnRuleRecorded) {
  test::MadeTrace options;
  options.router = test::plainRouter(4, 2);
  options.router.dropsChoices = true;
  options.router.capacityRule = CapacityRule::Gshard;
  options.prompt = 32;
  const core::Trace trace = test::makeTrace(options);
  const LayerDispatch own = test::decidedUnder(trace, CapacityRule::Gshard, 1.0)[0];
  EXPECT_FALSE(own.simulated);
  EXPECT_EQ(own.slot, trace.gatherInts(Hook::RouterSlot, 0, 0, 40));
  EXPECT_EQ(own.kept, trace.gatherInts(Hook::RouterKept, 0, 0, 40));

  const LayerDispatch tight = test::decidedUnder(trace, CapacityRule::Gshard, 0.5)[0];
  EXPECT_TRUE(tight.simulated);
  EXPECT_EQ(tight.capacity, 8);  // ceil(2 * 32 / 4 * 0.5), the prompt's tokens alone
  EXPECT_EQ(tight.queued, 32);
  EXPECT_EQ(tight.group, 32);
  for (size_t at = 64; at < 80; ++at) ASSERT_EQ(tight.kept[at], 1) << "generated tokens come alone";
  EXPECT_EQ(std::count(tight.kept.begin(), tight.kept.begin() + 64, 1), 32);
}

TEST(AnotherCapacity, LeavesTheReasonWhereARuleDoesNotFit) {
  test::MadeTrace options;
  options.router = test::plainRouter(4, 2);
  const auto layers = test::decidedUnder(test::makeTrace(options), CapacityRule::Switch, 1.0);
  EXPECT_FALSE(layers[0].exists);
  EXPECT_EQ(layers[0].problem, "capacity rule switch: expected k 1, found 2; choose gshard for more choices a token");
}

TEST(QueueChoices, PassOverMissingOnes) {
  std::vector<int32_t> slot, kept;
  //                  t0        t1         t2
  core::queueChoices({1, 0, -1, 0, -1, -1, 0, 1, 2}, 3, 3, 1, slot, kept);
  EXPECT_EQ(slot, (std::vector<int32_t>{0, 2, -1, 0, -1, -1, 1, 1, 0}));
  EXPECT_EQ(kept, (std::vector<int32_t>{1, 0, 0, 1, 0, 0, 0, 0, 1}));
}

TEST(Trace, GathersRowsAcrossBlocksAndNothingWhereOneIsMissing) {
  test::MadeTrace options;
  options.router = test::plainRouter(4, 2);
  options.block = 7;
  const core::Trace trace = test::makeTrace(options);
  const std::vector<int32_t> rows = trace.gatherInts(Hook::RouterIds, 1, 5, 11);
  ASSERT_EQ(rows.size(), 22u);
  for (int t = 5; t < 16; ++t) {
    EXPECT_EQ(rows[static_cast<size_t>(t - 5) * 2], trace.ints(Hook::RouterIds, 1, t)[0]);
    EXPECT_EQ(rows[static_cast<size_t>(t - 5) * 2 + 1], trace.ints(Hook::RouterIds, 1, t)[1]);
  }
  EXPECT_TRUE(trace.gatherInts(Hook::RouterIds, 1, 30, 11).empty());
  EXPECT_TRUE(trace.gatherFloats(Hook::Attention, 1, 0, 3).empty());
}

}  // namespace
