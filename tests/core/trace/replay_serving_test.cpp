// Replays whose choices queue in another order or in groups.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/snapshot/snapshot.h"
#include "tests/support/replays.h"
#include "tests/support/support.h"

namespace {

using core::CapacityRule;
using core::Hook;
using core::PolicyKind;
using core::ReplayOptions;
using core::Stream;
using core::Trace;
using test::must;
using test::replayed;
using test::someRun;
using test::with;

TEST(Replay, ByScoreServesTheSurestChoicesFirst) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.factor = 0.5;
  options.serving.order = core::ServingOrder::ByScore;
  const Trace trace = replayed(recorded, options);
  EXPECT_FALSE(trace.info().replay->causal);
  EXPECT_EQ(trace.info().replay->settings, "order by_score");
  // Of one expert's choices none that was dropped has a larger probability than one that was kept.
  const core::LayerDispatch d = core::dispatchOf(trace, 0);
  std::vector<float> leastKept(8, 2.0F), mostDropped(8, -1.0F);
  for (int t = 0; t < 40; ++t) {
    const auto ids = trace.ints(Hook::RouterIds, 0, t);
    for (size_t j = 0; j < 2; ++j) {
      const auto e = static_cast<size_t>(ids[j]);
      const float p = recorded.floats(Hook::RouterScores, 0, t)[e];
      if (d.kept[static_cast<size_t>(t) * 2 + j]) {
        leastKept[e] = std::min(leastKept[e], p);
      } else {
        mostDropped[e] = std::max(mostDropped[e], p);
      }
    }
  }
  for (size_t e = 0; e < 8; ++e) EXPECT_GE(leastKept[e], mostDropped[e]) << e;
}

TEST(Replay, AnotherCapacityLaidOverItIsServedInItsOwnOrder) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.serving.order = core::ServingOrder::ByScore;
  options.rule = CapacityRule::Gshard;
  options.factor = 1.0;
  const Trace wide = replayed(recorded, options);
  options.factor = 0.5;
  const Trace tight = replayed(recorded, options);
  auto info = std::make_shared<core::RunInfo>(wide.info());
  info->capacity = tight.info().capacity;
  const core::LayerDispatch laid = core::dispatchOf(wide.withInfo(info), 1), decided = core::dispatchOf(tight, 1);
  EXPECT_EQ(laid.kept, decided.kept);
  EXPECT_EQ(laid.slot, decided.slot);
  options.serving.order = core::ServingOrder::RankMajor;
  EXPECT_NE(core::dispatchOf(replayed(recorded, options), 1).kept, decided.kept) << "the order matters here";
}

// The run's tokens from `first` on, as a run of their own.
Trace cutOut(const Trace& recorded, int first, int count) {
  auto info = std::make_shared<core::RunInfo>(recorded.info());
  info->promptTokens = count;
  const std::vector<int32_t>& ids = recorded.ids();
  Trace out = Trace(info).withIds({ids.begin() + first, ids.begin() + first + count},
                                  std::vector<std::string>(static_cast<size_t>(count)));
  for (int layer = 0; layer < recorded.config().layers; ++layer) {
    core::Block block{Stream::Layer, layer, 0, count, {}};
    for (const Hook hook : {Hook::RouterLogits, Hook::RouterScores}) {
      block.arrays.push_back(
          {hook, recorded.columns(hook, layer), recorded.gatherFloats(hook, layer, first, count), {}});
    }
    out = out.with(std::move(block));
  }
  return out;
}

TEST(Replay, EachGroupIsDecidedAndServedLikeARunOfItsOwn) {
  const Trace recorded = someRun();  // 40 tokens: groups of 16, 16 and 8
  for (const PolicyKind kind : {PolicyKind::TokenChoice, PolicyKind::ExpertChoice, PolicyKind::GlobalChoice,
                                PolicyKind::Sinkhorn, PolicyKind::TopP}) {
    for (const auto order : {core::ServingOrder::RankMajor, core::ServingOrder::ByScore}) {
      ReplayOptions options = with(kind, recorded);
      options.rule = CapacityRule::Gshard;
      options.factor = 0.7;
      options.serving = {order, 0, 8, 2};
      const Trace trace = replayed(recorded, options);
      const core::LayerDispatch d = core::dispatchOf(trace, 1);
      const auto name = fmt::format("{} {}", core::policyInfo(kind).name, core::servingOrderName(order));
      EXPECT_NE(d.capacity, d.lastCapacity) << name;
      options.serving = {order, 0, 0, 1};
      for (const core::TokenRange& group : core::groupsOf(40, 16)) {
        const Trace alone = replayed(cutOut(recorded, group.first, group.count), options);
        const core::LayerDispatch own = core::dispatchOf(alone, 1);
        EXPECT_EQ(d.capacityAt(group.first), own.capacity) << name;
        for (int t = 0; t < group.count; ++t) {
          const auto ids = trace.ints(Hook::RouterIds, 1, group.first + t), mine = alone.ints(Hook::RouterIds, 1, t);
          for (size_t j = 0; j < ids.size(); ++j) {
            const auto place = fmt::format("{} token {} rank {}", name, group.first + t, j);
            ASSERT_EQ(ids[j], j < mine.size() ? mine[j] : -1) << place;
            if (ids[j] < 0) continue;
            const size_t at = static_cast<size_t>(group.first + t) * ids.size() + j,
                         in = static_cast<size_t>(t) * mine.size() + j;
            ASSERT_EQ(d.slot[at], own.slot[in]) << place;
            ASSERT_EQ(d.kept[at], own.kept[in]) << place;
          }
        }
      }
    }
  }
}

TEST(Replay, AnotherCapacityLaidOverItKeepsItsGroups) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.serving = {core::ServingOrder::Permuted, 5, 12, 1};
  options.rule = CapacityRule::Gshard;
  options.factor = 1.0;
  const Trace wide = replayed(recorded, options);
  options.factor = 0.5;
  const Trace tight = replayed(recorded, options);
  auto info = std::make_shared<core::RunInfo>(wide.info());
  info->capacity = tight.info().capacity;
  for (int layer = 0; layer < 3; ++layer) {
    const core::LayerDispatch laid = core::dispatchOf(wide.withInfo(info), layer),
                              decided = core::dispatchOf(tight, layer);
    EXPECT_EQ(laid.kept, decided.kept);
    EXPECT_EQ(laid.slot, decided.slot);
    EXPECT_EQ(laid.group, 12);
    EXPECT_EQ(decided.group, 12);
    EXPECT_EQ(laid.lastCapacity, decided.lastCapacity);
  }
}

TEST(Replay, OnlyThePromptOfAFamilyThatDropsIsCutIntoGroups) {
  test::MadeTrace made;
  made.router = test::plainRouter(4, 2);
  made.router.dropsChoices = true;
  made.router.capacityRule = CapacityRule::Gshard;
  made.prompt = 32;
  const Trace recorded = test::makeTrace(made);
  ReplayOptions options = core::replayBy(core::policyOf(made.router));
  options.serving.sequence = 20;
  options.factor = 0.5;
  const core::LayerDispatch d = core::dispatchOf(replayed(recorded, options), 0);
  EXPECT_EQ(d.queued, 32);
  EXPECT_EQ(d.capacity, 5);      // ceil(2 * 20 / 4 * 0.5)
  EXPECT_EQ(d.lastCapacity, 3);  // of 12 tokens
  const std::vector<int32_t> ids = recorded.gatherInts(Hook::RouterIds, 0, 0, 40);
  const auto servedOf = [&](size_t from, size_t to, int64_t slots) {
    std::vector<int64_t> asked(4);
    for (size_t at = from; at < to; ++at) ++asked[static_cast<size_t>(ids[at])];
    int64_t served = 0;
    for (const int64_t n : asked) served += std::min(n, slots);
    return served;
  };
  EXPECT_EQ(std::count(d.kept.begin(), d.kept.begin() + 40, 1), servedOf(0, 40, 5));
  EXPECT_EQ(std::count(d.kept.begin() + 40, d.kept.begin() + 64, 1), servedOf(40, 64, 3));
  EXPECT_EQ(std::count(d.kept.begin() + 64, d.kept.end(), 1), 16) << "generated tokens come alone";
}

TEST(Replay, OrderAndGroupsSurviveASnapshot) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.serving = {core::ServingOrder::Permuted, 5, 12, 2};
  options.factor = 0.5;
  const Trace trace = replayed(recorded, options);
  EXPECT_EQ(trace.info().replay->settings, "order permuted, seed 5, groups of 2 x 12 tokens");
  const test::ScratchFolder folder;
  for (const char* name : {"replay.safetensors", "replay.npz", "replay.json"}) {
    ASSERT_TRUE(core::writeSnapshot(trace, folder.path() / name).has_value());
    const Trace back = must(core::readSnapshot(folder.path() / name));
    EXPECT_EQ(back.info().replay->serving, options.serving);
    EXPECT_EQ(core::dispatchOf(back, 2).kept, core::dispatchOf(trace, 2).kept);
  }
}

}  // namespace
