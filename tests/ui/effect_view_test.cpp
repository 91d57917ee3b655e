// What a change of the routing did, and which expert mattered, as the lab shows them.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/effect_scene.h"
#include "ui/instruments/knockout_scene.h"
#include "ui/numbers.h"

namespace ui {
namespace {

const Phrases kSay;

core::IntervenedRun changedRun() {
  core::IntervenedRun run;
  run.original = run.changed = test::demoTrace();
  run.firstChanged = 7;
  run.label = "ban expert 3 in layer 2; run again from token 7 on, the first that is changed";
  for (int t = 7; t < 59; ++t) {
    core::TokenDifference d;
    d.token = t;
    d.kl = t == 20 ? 0.5 : 0.01;
    d.surprisalBefore = 2;
    d.surprisalAfter = t == 20 ? 4 : 2;
    d.topBefore = 5;
    d.topAfter = t == 20 ? 6 : 5;
    d.topProbabilityBefore = 0.4;
    d.topProbabilityAfter = 0.3;
    d.targetBefore = 0.25;
    d.targetAfter = 0.125;
    d.distractorBefore = d.distractorAfter = std::nan("");
    run.tokens.push_back(d);
  }
  run.layers = {{2, 7, 12}, {3, -1, 0}, {4, 9, 1}};
  return run;
}

core::StoredKnockout sweep() {
  core::StoredKnockout out;
  out.token = 20;
  out.engine = "cpu";
  out.resamples = 200;
  for (int e = 0; e < 16; ++e) {
    const bool used = e % 2 == 0;
    out.effects.push_back({2, e, used ? 3 : 0, used ? (e == 6 ? 0.9 : 0.01) : 0.0, 0.1, -0.2});
  }
  return out;
}

TEST(EffectView, SaysWhatMovedAndWhereTheRoutingParted) {
  const core::IntervenedRun run = changedRun();
  const EffectView view = makeEffectView(&run, test::demoSource(), {20, 2, 3, {}}, kSay);
  ASSERT_FALSE(view.panel.notice);
  EXPECT_EQ(view.bars.size(), 52U);
  EXPECT_EQ(view.highKl, 0.5);
  EXPECT_TRUE(view.bars[13].likeliestChanged);
  EXPECT_FALSE(view.bars[12].likeliestChanged);
  EXPECT_EQ(view.parting, "The routing parts in L2 at token 7 (12 tokens) and L4 at token 9 (1 tokens).");
  EXPECT_EQ(view.followed, "Target 0.250 before, 0.125 now.");
  EXPECT_NE(view.atToken.find("After token 20"), std::string::npos);
  EXPECT_NE(view.description.sentence.find("Most at token 20"), std::string::npos);
  EXPECT_EQ(view.description.rows.size(), 52U);
  const EffectView early = makeEffectView(&run, test::demoSource(), {2, 2, 3, {}}, kSay);
  EXPECT_NE(early.atToken.find("After token 58"), std::string::npos) << "before the change: the end of the run";
}

TEST(EffectView, TeachesWhatItWouldShowWhileNothingWasChanged) {
  const EffectView view = makeEffectView(nullptr, test::demoSource(), {}, kSay);
  ASSERT_TRUE(view.panel.notice);
  EXPECT_FALSE(view.description.sentence.empty());
}

TEST(EffectScene, EveryTokenCanBePressedAndTheColumnsGrowWithWhatMoved) {
  const core::IntervenedRun run = changedRun();
  const Theme theme = makeTheme(true, 1);
  const test::FakeShaper shaper;
  const Scene scene = makeEffectScene(makeEffectView(&run, test::demoSource(), {20, 2, 3, {}}, kSay), {500, 220},
                                      {theme, shaper, kSay, {}});
  float tall = 0, small = 0;
  for (const Primitive& one : scene.primitives()) {
    if (one.shape != Shape::Fill || unpack(one.id).element != Element::Token) continue;
    const float height = scene.bounds(one).height;
    if (one.colour == theme.dropped) tall = std::max(tall, height);
    if (one.colour == theme.routed) small = std::max(small, height);
  }
  EXPECT_GT(tall, 4 * small) << "0.5 nats against 0.01";
  EXPECT_GT(small, 0);
}

TEST(KnockoutView, TheLargestEffectsComeFirstBesideARandomExpert) {
  const core::StoredKnockout stored = sweep();
  const KnockoutView view = makeKnockoutView(&stored, test::demoSource(), {20, 2, 6, {}}, kSay);
  ASSERT_EQ(view.rows.size(), 8U);
  EXPECT_EQ(view.unused, 8);
  EXPECT_EQ(view.rows[0].expert, 6);
  EXPECT_TRUE(view.rows[0].above);
  EXPECT_FALSE(view.rows[1].above);
  EXPECT_NEAR(view.control.mean, (0.9 + 7 * 0.01) / 16, 1e-12) << "those without a use count as 0";
  EXPECT_LT(view.control.low, view.control.mean);
  EXPECT_GT(view.control.high, view.control.mean);
  EXPECT_EQ(view.finding.find("L2E06 mattered most"), 0U) << view.finding;
  EXPECT_EQ(view.description.rows.size(), 9U);
}

TEST(KnockoutView, WhatWasStoppedSaysSo) {
  core::StoredKnockout stored = sweep();
  stored.complete = false;
  const KnockoutView view = makeKnockoutView(&stored, test::demoSource(), {}, kSay);
  EXPECT_NE(view.about.find(kSay(Say::KnockoutStopped)), std::string::npos);
  EXPECT_TRUE(makeKnockoutView(nullptr, test::demoSource(), {}, kSay).panel.notice);
}

TEST(KnockoutScene, ShowsAsManyExpertsAsFitAndCountsTheRest) {
  const core::StoredKnockout stored = sweep();
  const Theme theme = makeTheme(false, 1);
  const test::FakeShaper shaper;
  const Scene scene =
      makeKnockoutScene(makeKnockoutView(&stored, test::demoSource(), {}, kSay), {600, 160}, {theme, shaper, kSay, {}});
  std::set<int> experts;
  bool more = false;
  for (const Primitive& one : scene.primitives()) {
    if (unpack(one.id).element == Element::ExpertRow) experts.insert(unpack(one.id).expert);
    if (one.shape == Shape::Text) more = more || scene.textOf(one).find(" more") != std::string_view::npos;
  }
  EXPECT_LT(experts.size(), 8U);
  EXPECT_TRUE(experts.contains(6));
  EXPECT_TRUE(more);
}

}  // namespace
}  // namespace ui
