// The gradient page of the lab: what it says, and that every expert has its bar on the right side of the middle.
#include "ui/views/push_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/push_scene.h"

namespace ui {
namespace {

const Phrases kSay;

LayerPushes pushesAt(const ViewSource& source, int layer) {
  LayerPushes pushes;
  pushes.layer = layer;
  auto all = core::pushesOf(source.trace, layer);
  EXPECT_TRUE(all) << (all ? "" : all.error().message);
  if (all) pushes.all = std::move(*all);
  return pushes;
}

PushView viewAt(const ViewSource& source, const Cursor& cursor) {
  return makePushView(source, pushesAt(source, cursor.layer), core::policyBehind(source.trace), cursor, kSay);
}

TEST(PushView, HasAColumnForEachLossAndOneForTheWeightOfTheCursorsExpert) {
  const ViewSource source = test::demoSource();
  const int expert = source.chosenAt(3, 22)[0];
  const PushView view = viewAt(source, {22, 3, expert, {}});
  ASSERT_FALSE(view.panel.notice);
  ASSERT_EQ(view.columns.size(), static_cast<size_t>(core::kPushes) + 1);
  const std::vector<core::LayerPush> all = *core::pushesOf(source.trace, 3);
  const auto E = static_cast<size_t>(source.experts());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(view.columns[i].hook, core::pushInfo(all[i].push).name);
    EXPECT_FALSE(view.columns[i].unit.empty());
    ASSERT_EQ(view.columns[i].value.size(), E);
    for (size_t e = 0; e < E; ++e) EXPECT_EQ(view.columns[i].value[e], all[i].value[22 * E + e]);
  }
  const PushColumn& weight = view.columns.back();
  ASSERT_EQ(weight.value.size(), E) << weight.whyNot;
  EXPECT_GT(weight.value[static_cast<size_t>(expert)], 0) << "its own logit raises its weight";
  EXPECT_EQ(view.description.rows.size(), E);
  EXPECT_EQ(view.description.columns.size(), view.columns.size() + 2);
  EXPECT_NE(view.description.sentence.find("z-loss"), std::string::npos) << view.description.sentence;
}

TEST(PushView, SaysWhyThereIsNoWeightAndWhenItIsNotThereYet) {
  const ViewSource source = test::demoSource();
  const std::vector<int> chosen = source.chosenAt(3, 22);
  int other = 0;
  while (std::find(chosen.begin(), chosen.end(), other) != chosen.end()) ++other;
  const PushView view = viewAt(source, {22, 3, other, {}});
  EXPECT_TRUE(view.columns.back().value.empty());
  EXPECT_NE(view.columns.back().whyNot.find("is not chosen here"), std::string::npos);
  EXPECT_TRUE(makePushView(source, {}, core::policyBehind(source.trace), {22, 3, other, {}}, kSay).panel.notice);
  EXPECT_TRUE(makePushView({}, {}, core::Policy{}, {}, kSay).panel.notice);
}

TEST(PushView, WritesPushesAtTheirOwnSize) {
  EXPECT_EQ(pushText(0), "0");
  EXPECT_EQ(pushText(-3.14e-5), "\u22123.1e\u22125");
  EXPECT_EQ(pushText(2e-12), "+2.0e\u221212");
  EXPECT_EQ(pushText(0.5), "+0.50");
  EXPECT_EQ(pushText(NAN), "\u2013");
}

TEST(PushScene, EveryRowCanBePressedAndNarrowRoomNamesWhatIsHidden) {
  const ViewSource source = test::demoSource();
  const PushView view = viewAt(source, {22, 3, source.chosenAt(3, 22)[0], {}});
  const Theme theme = makeTheme(true, 1);
  const test::FakeShaper shaper;
  const auto textsOf = [&](Size size) {
    const Scene scene = makePushScene(view, size, {theme, shaper, kSay, {}});
    std::string all;
    std::set<int> rows;
    for (const Primitive& one : scene.primitives()) {
      if (unpack(one.id).element == Element::ExpertRow) rows.insert(unpack(one.id).expert);
      if (one.shape == Shape::Text) all += std::string(scene.textOf(one)) + "\n";
      EXPECT_LE(scene.bounds(one).right(), size.width + 1);
    }
    EXPECT_EQ(rows.size(), static_cast<size_t>(source.experts()));
    return all;
  };
  const std::string wide = textsOf({1280, 330});
  EXPECT_EQ(wide.find("Not shown"), std::string::npos) << wide;
  EXPECT_NE(wide.find("z-loss"), std::string::npos) << wide;
  const double onCursor =
      view.columns[static_cast<size_t>(core::Push::Z)].value[static_cast<size_t>(view.cursorExpert)];
  EXPECT_NE(textsOf({1280, 150}).find(pushText(onCursor)), std::string::npos) << "the cursor's number, low as rows are";
  const std::string narrow = textsOf({420, 330});
  EXPECT_NE(narrow.find("Not shown"), std::string::npos) << narrow;
  EXPECT_NE(narrow.find("weight of"), std::string::npos) << "the cursor's expert stays";
}

}  // namespace
}  // namespace ui
