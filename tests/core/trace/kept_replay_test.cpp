// Replays of a replay that was kept.
#include <gtest/gtest.h>

#include "tests/support/replays.h"

namespace {

using core::Hook;
using core::PolicyKind;
using core::ReplayOptions;
using core::Trace;
using test::replayed;
using test::someRun;
using test::with;

TEST(Replay, AKeptReplayIsReplayedLikeTheRunItCameFrom) {
  const Trace recorded = someRun();
  const core::RouterConfig router = recorded.config().router;
  for (const PolicyKind kept :
       {PolicyKind::TokenChoice, PolicyKind::TopP, PolicyKind::Relu, PolicyKind::NormedLogits}) {
    ReplayOptions first = with(kept, recorded);
    first.policy.temperature = 0.5;
    if (kept == PolicyKind::TokenChoice) first.policy.K = 3;
    const Trace base = core::standalone(replayed(recorded, first));
    EXPECT_EQ(base.info().replay->runK, 2);
    EXPECT_EQ(core::routerOfRun(base).chosen, 2);
    for (const core::PolicyInfo& info : core::policies()) {
      if (!info.locked.empty()) continue;
      ReplayOptions options = core::replayBy(core::defaultPolicy(info.kind, router));
      options.factor = 0.8;
      options.serving.order = core::ServingOrder::ByScore;
      const Trace again = replayed(base, options), direct = replayed(recorded, options);
      for (const Hook hook : {Hook::RouterIds, Hook::RouterKept, Hook::RouterSlot}) {
        ASSERT_EQ(again.gatherInts(hook, 1, 0, 40), direct.gatherInts(hook, 1, 0, 40)) << info.name;
      }
      for (const Hook hook : {Hook::RouterWeights, Hook::RouterScores, Hook::RouterMargin}) {
        ASSERT_EQ(again.gatherFloats(hook, 1, 0, 40), direct.gatherFloats(hook, 1, 0, 40))
            << info.name << " " << core::hookInfo(hook).name;
      }
      EXPECT_EQ(again.info().replay->settings, direct.info().replay->settings);
      EXPECT_EQ(again.info().replay->runK, 2);
      EXPECT_FALSE(again.info().replay->exact) << "it is decided again from a replay";
    }
  }
}

TEST(Replay, AReplayOfAReplayIsMeasuredAgainstTheReplay) {
  const Trace recorded = someRun();
  const Trace base = core::standalone(replayed(recorded, with(PolicyKind::TopP, recorded)));
  const core::ReplayMeasures same =
      core::measureReplay(
          base, replayed(base, core::replayBy(core::defaultPolicy(PolicyKind::TopP, core::routerOfRun(base)))))
          .back();
  EXPECT_EQ(same.changed, 0);
  EXPECT_EQ(same.changedTokens, 0) << "missing choices are no choices";
  const Trace own = replayed(base, core::replayBy(core::policyOf(core::routerOfRun(base))));
  EXPECT_EQ(own.gatherInts(Hook::RouterIds, 2, 0, 40), recorded.gatherInts(Hook::RouterIds, 2, 0, 40));
  EXPECT_GT(core::measureReplay(base, own).back().changedTokens, 0);
}

TEST(Replay, AKeptReplayLacksTheBiasOfItsRouterAndSaysSo) {
  const Trace recorded = someRun();
  const Trace base = core::standalone(replayed(recorded, with(PolicyKind::Hash, recorded)));
  auto config = std::make_shared<core::ModelConfig>(base.config());
  config->router.selectionBias = true;
  auto info = std::make_shared<core::RunInfo>(base.info());
  info->config = config;
  const Trace biased = base.withInfo(info);
  core::ThreadPool pool(1);
  const auto grouped = core::replay(biased, with(PolicyKind::GroupedTopK, biased), pool);
  ASSERT_FALSE(grouped.has_value());
  EXPECT_NE(grouped.error().message.find("does not hold the bias"), std::string::npos) << grouped.error().message;
  EXPECT_TRUE(core::replay(biased, with(PolicyKind::Hash, biased), pool).has_value());
}

}  // namespace
