// Every measure of a layer, beside chance and bound.
#include "ui/views/measures_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/base/thread_pool.h"
#include "core/engine/router_policy.h"
#include "core/trace/replay.h"
#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/instruments/measures_scene.h"
#include "ui/instruments/scrolling.h"

namespace ui {
namespace {

using core::MeasureKind;

const Phrases kSay;
const Cursor kAt{22, 3, 6, {}};

MeasureRow rowOf(const MeasuresView& view, MeasureKind kind) {
  for (const MeasureGroup& group : view.groups) {
    for (const MeasureRow& row : group.rows) {
      if (row.kind == kind) return row;
    }
  }
  return {};
}

TEST(MeasuresView, EveryMeasureHasAValueByChanceOrABound) {
  const MeasuresView view = makeMeasuresView(test::demoSource(), kAt, kSay);
  ASSERT_FALSE(view.panel.notice);
  EXPECT_EQ(view.groups.size(), 5U);
  std::set<MeasureKind> kinds;
  for (const MeasureGroup& group : view.groups) {
    for (const MeasureRow& row : group.rows) {
      kinds.insert(row.kind);
      EXPECT_FALSE(row.value.empty()) << row.name;
      EXPECT_FALSE(row.what.empty()) << row.name;
      EXPECT_TRUE(!row.even.empty() || !row.bound.empty()) << row.name;
    }
  }
  EXPECT_EQ(kinds.size(), static_cast<size_t>(core::kMeasures)) << "a capacity rule acts, so all are there";
  EXPECT_EQ(view.description.rows.size(), static_cast<size_t>(core::kMeasures));
}

TEST(MeasuresView, ChanceIsWhatTheFormulasGive) {
  const MeasuresView view = makeMeasuresView(test::demoSource(), kAt, kSay);
  EXPECT_EQ(rowOf(view, MeasureKind::BalancePerToken).even, "2.000") << "k";
  EXPECT_EQ(rowOf(view, MeasureKind::BalanceSwitch).even, "1.000");
  EXPECT_EQ(rowOf(view, MeasureKind::ZLoss).even, "7.687") << "(ln 16)^2";
  EXPECT_EQ(rowOf(view, MeasureKind::RouterEntropy).bound, "\u2264 2.77");
  EXPECT_EQ(rowOf(view, MeasureKind::OverIdeal).bound, "\u2265 1");
  EXPECT_EQ(rowOf(view, MeasureKind::Repetition).even.substr(0, 3), "6.3");
  EXPECT_EQ(rowOf(view, MeasureKind::MarginMedian).even, "") << "chance has no value for it";
}

TEST(MeasuresView, WithoutACapacityRuleThereAreNoDrops) {
  test::DemoOptions demo;
  demo.capacity = false;
  const MeasuresView view = makeMeasuresView(test::demoSource(demo), kAt, kSay);
  EXPECT_EQ(view.groups.size(), 4U);
  EXPECT_EQ(rowOf(view, MeasureKind::Dropped).value, "");
  EXPECT_TRUE(makeMeasuresView({}, kAt, kSay).panel.notice);
}

TEST(MeasuresView, TokensWithDifferentNumbersOfExpertsAreMeasuredAgainstAsManyByChance) {
  core::ReplayOptions options;
  options.policy = core::defaultPolicy(core::PolicyKind::ExpertChoice, test::demoTrace().config().router);
  core::ThreadPool pool(1);
  const auto replayed = core::replay(test::demoTrace(), options, pool);
  ASSERT_TRUE(replayed.has_value()) << replayed.error().message;
  const MeasuresView view = makeMeasuresView(makeViewSource(*replayed), kAt, kSay);
  ASSERT_FALSE(view.panel.notice);
  EXPECT_NE(view.panel.subtitle.find("tokens with 2.13 experts in the mean"), std::string::npos) << view.panel.subtitle;
  EXPECT_EQ(rowOf(view, MeasureKind::BalancePerToken).even, "2.133")
      << "16 experts take 7.5 of 60 tokens, rounded to 8";
  EXPECT_EQ(rowOf(view, MeasureKind::MaxViolation).value, "0.000") << "every expert takes as many";
  EXPECT_NE(rowOf(view, MeasureKind::MaxViolation).even, "0.000");
  EXPECT_EQ(rowOf(view, MeasureKind::BalanceSequence).value, "") << "needs the same number for each token";
}

TEST(MeasuresView, ValuesLieInTheirBoundsAndChanceIsTheSameEachTime) {
  const core::Trace trace = test::demoTrace();
  const std::vector<core::RoutingMeasure> all = core::measureRouting(trace, 2, core::dispatchOf(trace, 2));
  const std::vector<core::RoutingMeasure> again = core::measureRouting(trace, 2, core::dispatchOf(trace, 2));
  ASSERT_EQ(all.size(), static_cast<size_t>(core::kMeasures));
  for (size_t i = 0; i < all.size(); ++i) {
    const core::RoutingMeasure& one = all[i];
    const auto even = [](double value, double otherwise) { return std::isnan(value) ? otherwise : value; };
    const double least = even(one.least, -1e9) - 1e-9, most = even(one.most, 1e9) + 1e-9;
    for (const double value : {one.value, even(one.even, one.value)}) {
      EXPECT_GE(value, least) << static_cast<int>(one.kind);
      EXPECT_LE(value, most) << static_cast<int>(one.kind);
    }
    EXPECT_EQ(one.value, again[i].value);
    EXPECT_EQ(even(one.even, -1), even(again[i].even, -1)) << "fixed seeds";
  }
}

TEST(MeasuresScene, ARowUnderThePointerSaysWhatItIs) {
  const ViewSource source = test::demoSource();
  const std::vector<std::string> tip = measureTip(source, kAt, MeasureKind::ZLoss, kSay);
  ASSERT_EQ(tip.size(), 5U);
  EXPECT_EQ(tip[0], "router z-loss");
  EXPECT_EQ(tip[2], "even router: 7.687");
  EXPECT_NE(tip[4].find("(ln E)"), std::string::npos);
  const ElementId row{Instrument::Measures, Element::Fact, -1, -1, -1, static_cast<int>(MeasureKind::ZLoss)};
  EXPECT_EQ(tooltipLines(source, kAt, row, kSay), tip);
  test::DemoOptions demo;
  demo.capacity = false;
  EXPECT_TRUE(measureTip(test::demoSource(demo), kAt, MeasureKind::Dropped, kSay).empty());
  const test::FakeShaper shaper;
  const Theme theme = makeTheme(true, 1);
  const Scene scene = makeMeasuresScene(makeMeasuresView(source, kAt, kSay), {1280, 700}, {theme, shaper, kSay, {}});
  std::set<int> rows;
  for (const Primitive& one : scene.primitives()) {
    const ElementId id = unpack(one.id);
    if (id.element == Element::Fact) rows.insert(id.value);
  }
  EXPECT_EQ(rows.size(), static_cast<size_t>(core::kMeasures));
}

TEST(MeasuresScene, FlowsIntoColumnsAndCountsWhatDoesNotFit) {
  const MeasuresView view = makeMeasuresView(test::demoSource(), kAt, kSay);
  const test::FakeShaper shaper;
  for (const double scale : {1.0, 2.0}) {
    const Theme theme = makeTheme(false, scale);
    for (const Size size : {Size{1280, 215}, Size{1008, 145}, Size{400, 215}, Size{300, 160}, Size{1200, 700}}) {
      const Scene scene = makeMeasuresScene(view, size, {theme, shaper, kSay, {}});
      int more = 0;
      std::set<int> rows;
      for (const Primitive& one : scene.primitives()) {
        const Rect bounds = scene.bounds(one);
        EXPECT_LE(bounds.right(), size.width + 1);
        EXPECT_LE(bounds.bottom(), size.height + 1);
        const ElementId id = unpack(one.id);
        if (id.element == Element::Fact) rows.insert(id.value);
        if (one.shape != Shape::Text) continue;
        const std::string text(scene.textOf(one));
        if (text.ends_with(" more")) more = std::stoi(text);
      }
      EXPECT_EQ(static_cast<int>(rows.size()) + more, core::kMeasures) << size.width << " at " << scale;
      if (scale == 1 && size.width >= 1200) {
        EXPECT_EQ(more, 0) << size.width << " x " << size.height;
      }
    }
  }
}

TEST(MeasuresScene, ScrollsToEveryRowAndStopsAtTheEnds) {
  const MeasuresView view = makeMeasuresView(test::demoSource(), kAt, kSay);
  const test::FakeShaper shaper;
  const Theme theme = makeTheme(true, 1);
  for (const Size size : {Size{400, 150}, Size{700, 140}}) {
    const auto sceneAt = [&](int scrolled) {
      return makeMeasuresScene(view, size, {theme, shaper, kSay, {}}, scrolled);
    };
    const auto rowsOf = [](const Scene& scene) {
      std::set<int> rows;
      for (const Primitive& one : scene.primitives()) {
        const ElementId id = unpack(one.id);
        if (id.element == Element::Fact) rows.insert(id.value);
      }
      return rows;
    };
    int scrolled = 0, steps = 0;
    std::set<int> seen = rowsOf(sceneAt(0));
    ASSERT_LT(static_cast<int>(seen.size()), core::kMeasures);
    for (int before = -1; before != scrolled; ++steps) {
      before = scrolled;
      scrollMeasures(scrolled, sceneAt(scrolled), 1);
      const std::set<int> rows = rowsOf(sceneAt(scrolled));
      seen.insert(rows.begin(), rows.end());
    }
    EXPECT_GT(steps, 2);
    EXPECT_EQ(seen.size(), static_cast<size_t>(core::kMeasures)) << size.width;
    EXPECT_TRUE(rowsOf(sceneAt(scrolled)).contains(core::kMeasures - 1)) << "the last row is in view at the end";
    EXPECT_EQ(rowsOf(sceneAt(scrolled + 100)), rowsOf(sceneAt(scrolled))) << "and nothing is past it";
    scrollMeasures(scrolled, sceneAt(scrolled), -1000);
    EXPECT_EQ(scrolled, 0);
  }
  // Where all rows are in view there is nothing to scroll.
  int scrolled = 7;
  scrollMeasures(scrolled, makeMeasuresScene(view, {1280, 700}, {theme, shaper, kSay, {}}, scrolled), 1);
  EXPECT_EQ(scrolled, 0);
}

}  // namespace
}  // namespace ui
