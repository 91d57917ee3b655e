// Which experts are chosen together, against loops over the tokens of the run.
#include "ui/views/coactivation_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/thread_pool.h"
#include "core/engine/router_policy.h"
#include "core/trace/replay.h"
#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/instruments/coactivation_scene.h"
#include "ui/views/drops_view.h"
#include "ui/views/measures_view.h"

namespace ui {
namespace {

const Phrases kSay;
const Cursor kAt{22, 3, 6, {}};

int both(const ViewSource& source, int layer, int i, int j) {
  int count = 0;
  for (int t = 0; t < source.trace.tokens(core::Hook::RouterIds, layer); ++t) {
    const std::vector<int> ids = source.chosenAt(layer, t);
    count += std::count(ids.begin(), ids.end(), i) > 0 && std::count(ids.begin(), ids.end(), j) > 0;
  }
  return count;
}

std::vector<std::string> textsOf(const Scene& scene) {
  std::vector<std::string> out;
  for (const Primitive& one : scene.primitives()) {
    if (one.shape == Shape::Text) out.emplace_back(scene.textOf(one));
  }
  return out;
}

bool says(const Scene& scene, const std::string& text) {
  const std::vector<std::string> all = textsOf(scene);
  return std::find(all.begin(), all.end(), text) != all.end();
}

void expectCounted(const ViewSource& source, const CoactivationView& view) {
  ASSERT_FALSE(view.panel.notice);
  const LayerMeasures& of = *view.measured;
  int64_t choices = 0, ordered = 0;
  for (int i = 0; i < of.experts; ++i) {
    const auto at = static_cast<size_t>(i);
    ASSERT_EQ(of.tokens[at], both(source, kAt.layer, i, i)) << i;
    choices += of.tokens[at];
    for (int j = 0; j < of.experts; ++j) {
      const int64_t found = of.both[at * static_cast<size_t>(of.experts) + static_cast<size_t>(j)];
      ASSERT_EQ(found, i == j ? 0 : both(source, kAt.layer, i, j)) << i << " " << j;
      ordered += found;
    }
  }
  // Every token with n experts makes n (n - 1) ordered pairs; an even router spreads them over E - 1 others.
  EXPECT_NEAR(of.byChance, static_cast<double>(ordered) / static_cast<double>(choices * (of.experts - 1)), 1e-12);
  double highest = 0;
  for (int i = 0; i < of.experts; ++i) {
    const double tokens = of.tokens[static_cast<size_t>(i)];
    if (tokens < 0.5 * static_cast<double>(choices) / of.experts) continue;
    for (int j = 0; j < of.experts; ++j) {
      if (i != j) highest = std::max(highest, both(source, kAt.layer, i, j) / tokens);
    }
  }
  ASSERT_FALSE(of.strongest.empty());
  EXPECT_NEAR(of.strongest.front().rate(), highest, 1e-12);
  EXPECT_TRUE(std::is_sorted(of.strongest.begin(), of.strongest.end(),
                             [](const ExpertPair& a, const ExpertPair& b) { return a.rate() > b.rate(); }));
}

TEST(CoactivationView, CountsTheTokensOfEveryPairBesideAnEvenRouter) {
  const ViewSource source = test::demoSource();
  const CoactivationView view = makeCoactivationView(source, kAt, kSay);
  expectCounted(source, view);
  EXPECT_NEAR(view.measured->byChance, 1.0 / 15, 1e-12) << "(k - 1) / (E - 1)";
  EXPECT_EQ(view.description.columns.size(), 2U + 16);
  ASSERT_EQ(view.description.rows.size(), 16U);
  EXPECT_EQ(view.description.rows[5][2 + 5], "") << "no expert is a pair with itself";
  EXPECT_NE(view.description.sentence.find("an even router has 6.7\u202F%"), std::string::npos)
      << view.description.sentence;
}

TEST(CoactivationView, AReplayWithDifferentNumbersOfExpertsIsCountedAsItIs) {
  for (const core::PolicyKind kind : {core::PolicyKind::ExpertChoice, core::PolicyKind::TopP}) {
    core::ThreadPool pool(1);
    const core::Trace run = test::demoTrace();
    const auto replayed = core::replay(run, core::replayBy(core::defaultPolicy(kind, run.config().router)), pool);
    ASSERT_TRUE(replayed.has_value()) << replayed.error().message;
    const ViewSource source = makeViewSource(*replayed);
    expectCounted(source, makeCoactivationView(source, kAt, kSay));
  }
}

TEST(CoactivationView, OneChoiceATokenHasNoPairsAndSaysWhatThereWouldBe) {
  test::DemoOptions demo;
  demo.chosen = 1;
  const CoactivationView view = makeCoactivationView(test::demoSource(demo), kAt, kSay);
  ASSERT_TRUE(view.panel.notice);
  EXPECT_EQ(view.panel.notice->heading, "No token chose two experts.");
  EXPECT_NE(view.panel.notice->sentence.find("k 2"), std::string::npos);
  EXPECT_TRUE(makeCoactivationView({}, kAt, kSay).panel.notice);
}

TEST(CoactivationView, ABlockOfExpertsHasTheMeanOfItsPairs) {
  const ViewSource source = test::demoSource();
  const LayerMeasures& of = *makeCoactivationView(source, kAt, kSay).measured;
  const PairBlock one = pairBlock(of, 4, 4, 3);
  int64_t together = 0, tokens = 0;
  for (int i = 4; i < 7; ++i) {
    for (int j = 4; j < 7; ++j) {
      if (i == j) continue;
      together += both(source, kAt.layer, i, j);
      tokens += both(source, kAt.layer, i, i);
    }
  }
  EXPECT_EQ(one.both, together);
  EXPECT_EQ(one.of, tokens);
  EXPECT_EQ(pairBlock(of, 15, 15, 3).lastRow, 15) << "the last block is smaller";
  EXPECT_EQ(pairBlock(of, 5, 5, 1).of, 0) << "no expert is a pair with itself";
}

TEST(CoactivationScene, EveryPairIsACellAndTheLegendNamesChance) {
  const test::FakeShaper shaper;
  const Theme theme = makeTheme(true, 1);
  const ViewSource source = test::demoSource();
  const Scene scene =
      makeCoactivationScene(makeCoactivationView(source, kAt, kSay), {1280, 215}, {theme, shaper, kSay, {}});
  std::set<std::pair<int, int>> cells;
  for (const Primitive& one : scene.primitives()) {
    const ElementId id = unpack(one.id);
    if (id.element == Element::Pair && id.layer == 1) cells.insert({id.expert, id.value});
  }
  EXPECT_EQ(cells.size(), 16U * 16);
  EXPECT_TRUE(says(scene, "even router 6.7\u202F%"));
  EXPECT_TRUE(says(scene, "Highest shares")) << "there is room for the list";
}

TEST(CoactivationScene, ManyExpertsStandInCellsOfSomeEachWayAndItSaysSo) {
  const test::FakeShaper shaper;
  const Theme theme = makeTheme(false, 1);
  test::DemoOptions demo;
  demo.experts = 256;
  demo.chosen = 8;
  demo.tokens = 300;
  const ViewSource source = test::demoSource(demo);
  const CoactivationView view = makeCoactivationView(source, kAt, kSay);
  for (const auto& [size, side] : {std::pair(Size{1280, 215}, 4), std::pair(Size{2400, 1300}, 2)}) {
    const Scene scene = makeCoactivationScene(view, size, {theme, shaper, kSay, {}});
    std::set<int> rows, columns;
    for (const Primitive& one : scene.primitives()) {
      const ElementId id = unpack(one.id);
      if (id.element != Element::Pair || id.layer == 1) continue;
      EXPECT_EQ(id.layer, side);
      rows.insert(id.expert);
      columns.insert(id.value);
      EXPECT_LE(scene.bounds(one).bottom(), size.height);
    }
    EXPECT_EQ(static_cast<int>(rows.size()) * side, 256);
    EXPECT_EQ(static_cast<int>(columns.size()) * side, 256);
    EXPECT_LE(static_cast<int>(rows.size()), kMostPairCells);
    EXPECT_TRUE(says(scene, kSay(Say::PairsLegendBlock, side)));
  }
}

TEST(CoactivationScene, ACellUnderThePointerSaysItsCountsAndHowOftenChance) {
  const ViewSource source = test::demoSource();
  const LayerMeasures& of = *makeCoactivationView(source, kAt, kSay).measured;
  const ExpertPair& top = of.strongest.front();
  const ElementId cell{Instrument::Coactivation, Element::Pair, -1, 1, top.from, top.to};
  const std::vector<std::string> tip = tooltipLines(source, kAt, cell, kSay);
  ASSERT_EQ(tip.size(), 6U);
  EXPECT_EQ(tip[1], "tokens with both: " + std::to_string(top.both));
  EXPECT_EQ(tip[2].substr(0, 10), "tokens of ");
  EXPECT_EQ(tip[4], "even router: 6.7\u202F%");
  EXPECT_EQ(std::stod(tip[5].substr(tip[5].rfind(' '))), std::round(top.rate() * 15 * 100) / 100);
  const ElementId itself{Instrument::Coactivation, Element::Pair, -1, 1, 5, 5};
  EXPECT_EQ(tooltipLines(source, kAt, itself, kSay).back(), "An expert is no pair with itself.");
  const ElementId block{Instrument::Coactivation, Element::Pair, -1, 4, 4, 2};
  const std::vector<std::string> mean = tooltipLines(source, kAt, block, kSay);
  EXPECT_EQ(mean[0], "E04\u2013E07 \u2192 E08\u2013E11");
  EXPECT_TRUE(mean.back().starts_with("highest: ")) << mean.back();
}

// Pictures of a long run do not wait: they say so, ask, and show what was put there.
TEST(MeasuresLater, NothingIsShownUntilWhatWasAskedForIsThere) {
  test::DemoOptions demo;
  demo.experts = 64;
  demo.chosen = 8;
  demo.tokens = 900;
  demo.prompt = 800;
  ViewSource source = test::demoSource(demo);
  ASSERT_FALSE(measuresAreQuick(source.trace, kAt.layer));
  std::vector<int> asked;
  source.measureLater = [&](const ViewSource& of, int layer) {
    EXPECT_EQ(of.memo, source.memo);
    asked.push_back(layer);
  };
  const CoactivationView waits = makeCoactivationView(source, kAt, kSay);
  EXPECT_EQ(waits.measured, nullptr);
  EXPECT_EQ(waits.panel.corner, kSay(Say::MeasuresSoon));
  const test::FakeShaper shaper;
  const Theme theme = makeTheme(true, 1);
  const Scene empty = makeCoactivationScene(waits, {1280, 215}, {theme, shaper, kSay, {}});
  EXPECT_TRUE(says(empty, kSay(Say::MeasuresSoon)));
  const MeasuresView names = makeMeasuresView(source, kAt, kSay);
  EXPECT_TRUE(names.computing);
  for (const MeasureGroup& group : names.groups) {
    for (const MeasureRow& row : group.rows) {
      EXPECT_EQ(row.value, "\u2026") << row.name;
      EXPECT_EQ(row.even + row.bound, "") << row.name;
    }
  }
  EXPECT_EQ(asked, (std::vector<int>{kAt.layer, kAt.layer}));

  putMeasures(*source.memo, kAt.layer,
              std::make_shared<const LayerMeasures>(
                  measureLayer(source.trace, kAt.layer, *source.dispatch[static_cast<size_t>(kAt.layer)])));
  EXPECT_NE(makeCoactivationView(source, kAt, kSay).measured, nullptr);
  EXPECT_FALSE(makeMeasuresView(source, kAt, kSay).computing);
  EXPECT_EQ(asked.size(), 2U) << "what is there is not asked for again";
  const Cursor other{22, 4, 6, {}};
  EXPECT_TRUE(makeMeasuresView(source, other, kSay).computing) << "another layer has values of its own";
  ViewSource quick = test::demoSource();
  quick.measureLater = source.measureLater;
  EXPECT_FALSE(makeMeasuresView(quick, kAt, kSay).computing) << "what is quick is not put off";
}

}  // namespace
}  // namespace ui
