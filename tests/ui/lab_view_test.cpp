// The routing lab as the window offers it: which policies there are, what a replay is called, and the table of tries;
// and how instruments show a replay over its run.
#include "ui/views/lab_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/thread_pool.h"
#include "core/engine/router_policy.h"
#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/heat_scenes.h"
#include "ui/numbers.h"
#include "ui/views/dispatch_view.h"
#include "ui/views/drops_view.h"
#include "ui/views/heat_views.h"
#include "ui/views/ledger_view.h"
#include "ui/views/load_view.h"
#include "ui/views/router_view.h"
#include "ui/views/stage_rail_view.h"
#include "ui/views/token_strip_view.h"

namespace ui {
namespace {

const Phrases kSay;

// The demo run and a replay of it with one choice a token.
struct Replayed {
  core::Trace recorded;
  ViewSource source;
};

Replayed replayed(core::PolicyKind kind, int k) {
  core::ThreadPool pool(1);
  Replayed out;
  out.recorded = test::demoTrace();
  core::ReplayOptions options;
  options.policy = core::defaultPolicy(kind, out.recorded.config().router);
  options.policy.K = k;
  auto trace = core::replay(out.recorded, options, pool);
  EXPECT_TRUE(trace) << trace.error().message;
  out.source = makeViewSource(*trace);
  out.source.beside = out.recorded;
  return out;
}

LabTry measured(const Replayed& run, const std::optional<core::ReplayOptions>& change) {
  return {change, run.source.trace.info().capacity, core::measureReplay(run.recorded, run.source.trace).back()};
}

TEST(LabView, NamesEveryPolicyAndLocksThoseThatLogitsDoNotDecide) {
  const ViewSource source = test::demoSource();
  const LabView view = makeLabView(source, source.trace, {}, {}, kSay);
  ASSERT_EQ(view.policies.size(), core::policies().size());
  int locked = 0, looksAhead = 0;
  for (const LabPolicyChoice& choice : view.policies) {
    locked += !choice.whyNot.empty();
    looksAhead += !choice.causal;
    EXPECT_FALSE(choice.says.empty());
  }
  EXPECT_EQ(locked, 5);
  EXPECT_EQ(looksAhead, 5);
  EXPECT_EQ(view.policies[0].name, "own: token-choice");
  EXPECT_EQ(view.name, "as recorded · gshard 1.0");
  EXPECT_TRUE(view.openLoop.empty()) << "the run itself is no replay";
}

TEST(LabView, SaysWhetherAReplayIsExactAndWhetherItLooksAhead) {
  LabInput input;
  const Replayed own = replayed(core::PolicyKind::TokenChoice, 2);
  input.change = core::replayBy(core::policyOf(own.recorded.config().router));
  const LabView same = makeLabView(own.source, own.recorded, input, {}, kSay);
  EXPECT_EQ(same.exactness, kSay(Say::LabExact));
  EXPECT_EQ(same.causality, kSay(Say::LabCausal));

  const Replayed other = replayed(core::PolicyKind::ExpertChoice, 2);
  input.change = core::replayBy(core::defaultPolicy(core::PolicyKind::ExpertChoice, other.recorded.config().router));
  input.sawLater = std::vector<int>{3, 5};
  const LabView ahead = makeLabView(other.source, other.recorded, input, {0, 2, 0, {}}, kSay);
  EXPECT_EQ(ahead.exactness, kSay(Say::LabSimulated));
  EXPECT_NE(ahead.causality.find("2 of 60 tokens at L2"), std::string::npos) << ahead.causality;
  EXPECT_NE(ahead.causality.find("3 and 5"), std::string::npos);
  EXPECT_EQ(ahead.openLoop, kSay(Say::LabOpenLoop));
}

TEST(LabView, TheTableHoldsEachTryAndEndsWithChanceAndLeast) {
  const Replayed one = replayed(core::PolicyKind::TokenChoice, 1);
  LabInput input;
  input.change = core::replayBy(core::defaultPolicy(core::PolicyKind::TokenChoice, one.recorded.config().router));
  input.change->policy.K = 1;
  input.tries = {measured({one.recorded, test::demoSource()}, std::nullopt), measured(one, input.change)};
  input.current = 1;
  const LabView view = makeLabView(one.source, one.recorded, input, {}, kSay);
  ASSERT_EQ(view.tries.size(), 2U);
  EXPECT_EQ(view.tries[0].cells[0], "as recorded");
  EXPECT_EQ(view.tries[0].cells[2], shareText(0)) << "the run changes nothing of itself";
  EXPECT_EQ(view.tries[1].cells[0], "token-choice, k 1");
  EXPECT_TRUE(view.tries[1].current);
  EXPECT_EQ(view.bounds[0].cells[0], "by chance");
  EXPECT_EQ(view.bounds[0].cells[2], shareText(0.875)) << "14 of 16 experts";
  EXPECT_EQ(view.bounds[1].cells[7], "0.00");
  EXPECT_EQ(view.description.rows.size(), 4U);
}

TEST(LabView, HasNothingToChangeWithoutARouter) {
  test::DemoOptions dense;
  dense.denseLayers = {0, 1, 2, 3, 4, 5};
  const ViewSource source = test::demoSource(dense);
  EXPECT_EQ(makeLabView(source, source.trace, {}, {}, kSay).whyNot, kSay(Say::LabNoRouter));
}

TEST(LabView, ASettingIsOfferedWhereThePolicyReadsIt) {
  EXPECT_TRUE(settingsOf(core::PolicyKind::TokenChoice, 16).k);
  EXPECT_FALSE(settingsOf(core::PolicyKind::TopP, 16).k);
  EXPECT_TRUE(settingsOf(core::PolicyKind::TopP, 16).threshold);
  EXPECT_TRUE(settingsOf(core::PolicyKind::NoisyTopK, 16).noise);
  EXPECT_TRUE(settingsOf(core::PolicyKind::GroupedTopK, 16).groups);
  EXPECT_TRUE(ruleFits(core::CapacityRule::Switch, 1, 16));
  EXPECT_FALSE(ruleFits(core::CapacityRule::Switch, 2, 16));
}

TEST(ReplayShown, EveryInstrumentKnowsWhatTheRunChose) {
  const Replayed one = replayed(core::PolicyKind::TokenChoice, 1);
  const Cursor at{22, 3, 0, Stage::Choice};
  const std::vector<int> before = one.source.besideAt(3, 22), now = one.source.chosenAt(3, 22);
  ASSERT_EQ(before.size(), 2U);
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(before[0], now[0]);
  EXPECT_TRUE(one.source.changedAt(3, 22));

  const RouterView router = makeRouterView(one.source, at, false, kSay);
  EXPECT_EQ(router.rows[static_cast<size_t>(before[1])].recordedRank, 1);
  EXPECT_EQ(router.rows[static_cast<size_t>(before[1])].rank, -1);
  EXPECT_NE(router.description.sentence.find("The run itself chose"), std::string::npos);

  const LayersExpertsView layers = makeLayersExpertsView(one.source, at, kSay);
  EXPECT_TRUE(layers.beside);
  EXPECT_TRUE(layers.at(3, before[1]).recorded);
  EXPECT_EQ(layers.at(3, before[1]).rank, -1);

  const TokenStripView strip = makeTokenStripView(one.source, at, {}, kSay);
  EXPECT_TRUE(strip.tokens[22].changed);
  EXPECT_EQ(strip.changedWord, "60 changed at L3") << "every token lost its second choice";

  const LoadView load = makeLoadView(one.source, at, {}, kSay);
  int recorded = 0, counted = 0;
  for (const LoadRow& row : load.rows) recorded += row.recorded, counted += row.count();
  EXPECT_EQ(recorded, 2 * counted);
  EXPECT_EQ(load.description.columns.back(), "in the run");

  const StageRailView rail = makeStageRailView(one.source, at, kSay);
  EXPECT_EQ(rail.sentence.find("The run itself chose"), 0U) << rail.sentence;

  const LedgerView ledger = makeLedgerView(one.source, at, kSay);
  ASSERT_TRUE(ledger.panel.notice) << "nothing was run";
  EXPECT_EQ(ledger.panel.notice->buttons[0].action, Action::ShowRecorded);
}

TEST(ReplayShown, ChoicesOfTheReplayAloneAreMarkedInTheQueues) {
  const Replayed three = replayed(core::PolicyKind::TokenChoice, 3);
  const DispatchView view = makeDispatchView(three.source, {22, 3, 0, {}}, kSay);
  int changed = 0, all = 0;
  for (const DispatchRow& row : view.rows) {
    for (const SlotChoice& choice : row.queue) {
      changed += choice.changed;
      EXPECT_EQ(choice.changed, choice.rank == 2);
      ++all;
    }
  }
  EXPECT_EQ(changed * 3, all);
}

TEST(ReplayShown, ADroppedChoiceSaysHowManyWereServedBeforeItInTheOrderAskedFor) {
  core::ThreadPool pool(1);
  const core::Trace recorded = test::demoTrace();
  core::ReplayOptions options = core::replayBy(core::policyOf(recorded.config().router));
  options.rule = core::CapacityRule::Gshard;
  options.factor = 0.3;
  const auto sentences = [&](core::ServingOrder order) {
    options.serving.order = order;
    const auto trace = core::replay(recorded, options, pool);
    EXPECT_TRUE(trace) << trace.error().message;
    const ViewSource source = makeViewSource(*trace);
    std::string all;
    for (int t = 0; t < trace->length(); ++t) {
      for (const int expert : source.chosenAt(3, t)) all += capacityCase(source, {t, 3, expert, {}}, kSay) + "\n";
    }
    return all;
  };
  const std::string byScore = sentences(core::ServingOrder::ByScore), byRank = sentences(core::ServingOrder::RankMajor);
  EXPECT_NE(byScore.find("choices served before it (by_score): dropped"), std::string::npos) << byScore;
  EXPECT_EQ(byScore.find("first choices"), std::string::npos) << "first choices have no right of way here";
  EXPECT_NE(byRank.find("first choices"), std::string::npos);
  EXPECT_EQ(byRank.find("by_score"), std::string::npos);
}

// The demo run served in groups of two sequences of 16 tokens.
ViewSource inGroups(core::ServingOrder order) {
  core::ThreadPool pool(1);
  const core::Trace recorded = test::demoTrace();
  core::ReplayOptions options = core::replayBy(core::policyOf(recorded.config().router));
  options.rule = core::CapacityRule::Gshard;
  options.factor = 0.7;
  options.serving = {order, 0, 16, 2};
  const auto trace = core::replay(recorded, options, pool);
  EXPECT_TRUE(trace) << trace.error().message;
  return makeViewSource(*trace);
}

TEST(ReplayShown, TheQueuesAreThoseOfTheGroupOfTheCursorsToken) {
  const ViewSource source = inGroups(core::ServingOrder::RankMajor);
  const int T = source.trace.length(), K = source.chosen(), E = source.experts();
  ASSERT_GT(T, 32);
  ASSERT_LT(T, 64);
  for (const int token : {0, 31, 32, T - 1}) {
    const int first = token / 32 * 32, count = std::min(32, T - first);
    const DispatchView view = makeDispatchView(source, {token, 3, 0, {}}, kSay);
    EXPECT_EQ(view.tokens, count);
    EXPECT_EQ(view.capacity, static_cast<int>(std::ceil(0.7 * count * K / E))) << token;
    EXPECT_EQ(view.choices, count * K);
    EXPECT_EQ(view.ruleName,
              fmt::format("gshard, first choices first, tokens {}\u2013{} of {}", first, first + count - 1, T));
    for (const DispatchRow& row : view.rows) {
      for (const SlotChoice& choice : row.queue) {
        EXPECT_GE(choice.token, first);
        EXPECT_LT(choice.token, first + count);
      }
    }
    EXPECT_NE(capacityCase(source, {token, 3, source.chosenAt(3, token)[0], {}}, kSay).find(fmt::format("/ {}", E)),
              std::string::npos);
  }
  EXPECT_EQ(makeLoadView(source, {0, 3, 0, {}}, {}, kSay).capacity, -1) << "no line for two groups";
}

TEST(ReplayShown, DropsByPositionLieBesideNullsOfTheirOwnGroupsAndOrder) {
  const auto byPosition = [](core::ServingOrder order) {
    return makeDropsView(inGroups(order), {0, 3, 0, {}}, kSay).bins;
  };
  const std::vector<DropsBin> ranks = byPosition(core::ServingOrder::RankMajor);
  ASSERT_GT(ranks.size(), 2U);
  const auto firstOfSecond =
      std::find_if(ranks.begin(), ranks.end(), [](const DropsBin& bin) { return bin.first >= 32; });
  ASSERT_NE(firstOfSecond, ranks.end());
  const auto lastOfFirst =
      std::find_if(ranks.rbegin(), ranks.rend(), [](const DropsBin& bin) { return bin.last < 32; });
  EXPECT_LT(firstOfSecond->uniform, lastOfFirst->uniform) << "a new group begins with empty queues";
  EXPECT_LT(ranks.front().uniform, lastOfFirst->uniform);
  const std::vector<DropsBin> scores = byPosition(core::ServingOrder::ByScore);
  EXPECT_DOUBLE_EQ(scores[0].uniform, scores[1].uniform) << "an order by score does not look at the position";
}

TEST(ReplayShown, DropsOfTokensWithDifferentNumbersOfExpertsAreNotSaidToBeNone) {
  core::ThreadPool pool(1);
  core::ReplayOptions options = core::replayBy({});
  options.policy.kind = core::PolicyKind::TopP;
  options.rule = core::CapacityRule::Gshard;
  options.factor = 0.5;
  const auto trace = core::replay(test::demoTrace(), options, pool);
  ASSERT_TRUE(trace) << trace.error().message;
  const DropsView view = makeDropsView(makeViewSource(*trace), {0, 3, 0, {}}, kSay);
  ASSERT_TRUE(view.panel.notice);
  EXPECT_EQ(view.panel.notice->heading, kSay(Say::DropsOfRagged));
  EXPECT_TRUE(view.panel.notice->buttons.empty()) << "a capacity acts already";
}

TEST(ReplayShown, HeatMapsFrameWhatIsNewAndHollowWhatIsGone) {
  const Replayed hash = replayed(core::PolicyKind::Hash, 2);
  const ViewSource plain = test::demoSource();
  const Theme theme = makeTheme(true, 1);
  const test::FakeShaper shaper;
  const Look look{theme, shaper, kSay, {}};
  const Size size{400, 360};
  const auto outlines = [&](const ViewSource& source) {
    const Scene scene = makeTokensExpertsScene(makeTokensExpertsView(source, {22, 3, 0, {}}, {}, kSay), size, look);
    return std::count_if(scene.primitives().begin(), scene.primitives().end(),
                         [](const Primitive& one) { return one.shape == Shape::Outline; });
  };
  EXPECT_GT(outlines(hash.source), outlines(plain) + 60) << "most choices of a hash are others";
}

}  // namespace
}  // namespace ui
