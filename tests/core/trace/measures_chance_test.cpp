// What an even router would have is drawn as the run's choices queue: in their order, with the slots they have.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/trace/replay.h"
#include "core/trace/routing_measures.h"
#include "tests/support/made_trace.h"

namespace {

using core::Hook;
using core::MeasureKind;
using core::Trace;

Trace replayedIn(core::ServingOrder order) {
  test::MadeTrace options;
  options.router = test::plainRouter(8, 2);
  options.layers = 1;
  options.tokens = options.prompt = 256;
  core::ReplayOptions replay = core::replayBy(core::policyOf(options.router));
  replay.rule = core::CapacityRule::Gshard;
  replay.factor = 0.75;
  replay.serving.order = order;
  core::ThreadPool pool(1);
  return *core::replay(test::makeTrace(options), replay, pool);
}

core::RoutingMeasure measure(const Trace& trace, MeasureKind kind) {
  for (const core::RoutingMeasure& one : core::measureRouting(trace, 0, core::dispatchOf(trace, 0))) {
    if (one.kind == kind) return one;
  }
  ADD_FAILURE() << static_cast<int>(kind) << " is not measured";
  return {};
}

double evenQuarter(const Trace& trace, int quarter) {
  return measure(trace, static_cast<MeasureKind>(static_cast<int>(MeasureKind::DroppedQuarter1) + quarter)).even;
}

// E C of T k choices are kept, whoever comes first: with C = ceil(0.75 T k / E) a quarter is lost, by chance as well.
TEST(MeasuresByChance, LoseAQuarterOfTheChoicesInEveryOrder) {
  for (const auto order : {core::ServingOrder::RankMajor, core::ServingOrder::TokenMajor,
                           core::ServingOrder::BatchPriority, core::ServingOrder::ByScore, core::ServingOrder::Permuted}) {
    EXPECT_NEAR(measure(replayedIn(order), MeasureKind::Dropped).even, 0.25, 0.02) << core::servingOrderName(order);
  }
}

TEST(MeasuresByChance, DropTheEndWhereTokensQueueInTheirOrder) {
  const Trace trace = replayedIn(core::ServingOrder::TokenMajor);
  EXPECT_NEAR(evenQuarter(trace, 0), 0, 0.01);
  EXPECT_NEAR(evenQuarter(trace, 1), 0, 0.01);
  EXPECT_GT(evenQuarter(trace, 3), 0.75) << "the last quarter of the choices finds no slot";
}

TEST(MeasuresByChance, DropEverywhereAlikeWhereTheOrderDoesNotLookAtThePosition) {
  for (const auto order :
       {core::ServingOrder::BatchPriority, core::ServingOrder::ByScore, core::ServingOrder::Permuted}) {
    const Trace trace = replayedIn(order);
    for (int quarter = 0; quarter < 4; ++quarter) {
      EXPECT_NEAR(evenQuarter(trace, quarter), 0.25, 0.06) << core::servingOrderName(order) << ", " << quarter;
    }
  }
}

TEST(MeasuresOfMargins, HaveTheMeanOfTheTwoMiddleOnesAsTheirMedian) {
  const Trace trace = replayedIn(core::ServingOrder::RankMajor);
  std::vector<float> margins = trace.gatherFloats(Hook::RouterMargin, 0, 0, 256);
  ASSERT_EQ(margins.size(), 256U);
  std::sort(margins.begin(), margins.end());
  ASSERT_LT(margins[127], margins[128]);
  EXPECT_NEAR(measure(trace, MeasureKind::MarginMedian).value,
              (static_cast<double>(margins[127]) + static_cast<double>(margins[128])) / 2, 1e-9);
}

}  // namespace
