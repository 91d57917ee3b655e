// All policies at once, and close calls, as the lab shows them.
#include "ui/views/policies_view.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/thread_pool.h"
#include "core/engine/router_policy.h"
#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/policies_scene.h"
#include "ui/views/close_calls_view.h"

namespace ui {
namespace {

const Phrases kSay;

std::vector<PolicyOutcome> allOutcomes(const core::Trace& recorded) {
  core::ThreadPool pool(1);
  std::vector<PolicyOutcome> all;
  for (const core::PolicyInfo& info : core::policies()) {
    core::ReplayOptions options;
    options.policy = core::defaultPolicy(info.kind, recorded.config().router);
    auto replayed = core::replay(recorded, options, pool);
    if (replayed) {
      all.push_back(outcomeOf(info.kind, recorded, *replayed));
    } else {
      all.push_back({info.kind, info.causal, replayed.error().message, {}, {}});
    }
  }
  return all;
}

TEST(PoliciesView, EveryPolicyThatLogitsDecideIsShownAndTheOthersAreNamed) {
  const ViewSource source = test::demoSource();
  const PoliciesView view = makePoliciesView(allOutcomes(source.trace), source.trace, source, {22, 3, 0, {}}, kSay);
  EXPECT_EQ(view.cells.size(), 17U);
  EXPECT_NE(view.locked.find("soft-moe"), std::string::npos) << view.locked;
  for (const PolicyCell& cell : view.cells) {
    ASSERT_EQ(cell.load.size(), 16U) << cell.name;
    if (cell.own) {
      EXPECT_EQ(cell.load, view.recorded) << "the model's own policy gives the run";
      EXPECT_EQ(cell.numbers.find("0.0"), 0U) << cell.numbers;
    }
    if (cell.kind == core::PolicyKind::ExpertChoice) {
      EXPECT_FALSE(cell.causal);
      EXPECT_EQ(std::set<int>(cell.load.begin(), cell.load.end()).size(), 1U) << "equal loads";
    }
  }
  EXPECT_EQ(view.description.rows.size(), 17U);
  EXPECT_TRUE(makePoliciesView({}, source.trace, source, {}, kSay).panel.notice);
}

TEST(PoliciesScene, EachPictureCanBePressedAndWhatDoesNotFitIsCounted) {
  const ViewSource source = test::demoSource();
  const PoliciesView view = makePoliciesView(allOutcomes(source.trace), source.trace, source, {22, 3, 0, {}}, kSay);
  const Theme theme = makeTheme(true, 1);
  const test::FakeShaper shaper;
  const auto pictures = [&](Size size) {
    std::set<int> kinds;
    const Scene scene = makePoliciesScene(view, size, {theme, shaper, kSay, {}});
    for (const Primitive& one : scene.primitives()) {
      if (unpack(one.id).element == Element::Candidate) kinds.insert(unpack(one.id).value);
      const Rect bounds = scene.bounds(one);
      EXPECT_LE(bounds.right(), size.width + 1);
      EXPECT_LE(bounds.bottom(), size.height + 1);
    }
    return kinds.size();
  };
  EXPECT_EQ(pictures({1280, 215}), 17U);
  EXPECT_LT(pictures({400, 160}), 17U);
}

TEST(CloseCallsView, AParaphraseIsComparedAtTheTokensBothTextsHave) {
  test::DemoOptions options;
  options.tokens = 12;
  options.prompt = 12;
  const core::Trace run = test::demoTrace(options);
  const CloseCallsFound same = callsBeside(run, run);
  EXPECT_EQ(same.tokens, 12);
  EXPECT_EQ(same.calls.decisions, 6 * run.tokens(core::Stream::Layer, 0));
  EXPECT_TRUE(same.calls.flips.empty());

  // The same text under another seed of the made numbers: other choices at the same tokens.
  options.seed = 11;
  const core::Trace other = test::demoTrace(options);
  ASSERT_EQ(other.ids(), run.ids());
  const CloseCallsFound found = callsBeside(run, other);
  ASSERT_FALSE(found.calls.flips.empty());
  ViewSource source = makeViewSource(run);
  const CloseCallsView view = makeCloseCallsView(&found, source, kSay);
  EXPECT_EQ(view.rows.size(), found.calls.flips.size());
  for (size_t i = 0; i < view.rows.size(); ++i) {
    const core::Flip& flip = found.calls.flips[i];
    EXPECT_EQ(view.rows[i].layer, flip.layer);
    EXPECT_NE(std::find(flip.before.begin(), flip.before.end(), view.rows[i].expert), flip.before.end());
  }
  EXPECT_NE(view.finding.find("12 tokens that both texts have"), std::string::npos) << view.finding;
}

TEST(CloseCallsView, SaysWhatRoundingFlipsAndThatNothingDid) {
  CloseCallsFound found;
  found.rounding = core::RouterRounding::Q8_0;
  found.calls.decisions = 354;
  const ViewSource source = test::demoSource();
  EXPECT_EQ(makeCloseCallsView(&found, source, kSay).finding,
            "0 of 354 decisions of the prompt would be others if the router’s weights were rounded to Q8_0, one "
            "layer’s router at a time. No decision is that close.");
  found.calls.flips = {{2, 7, {3, 5}, {3, 9}, 0.0005F}};
  const CloseCallsView view = makeCloseCallsView(&found, source, kSay);
  EXPECT_EQ(view.rows[0].expert, 5) << "the one that is lost";
  EXPECT_EQ(view.rows[0].cells[2], "E03 E05");
  EXPECT_EQ(view.rows[0].cells[3], "E03 E09");
  EXPECT_EQ(makeCloseCallsView(nullptr, source, kSay).rows.size(), 0U);
}

}  // namespace
}  // namespace ui
