// Experts on several devices, as the window shows them.
#include "ui/views/placement_view.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/instruments/placement_scene.h"

namespace ui {
namespace {

const Phrases kSay;
const Cursor kAt{22, 3, 6, {}};

const PlacementFact& factNamed(const PlacementView& view, Say name) {
  for (const PlacementFact& fact : view.facts) {
    if (fact.name == kSay(name)) return fact;
  }
  ADD_FAILURE() << kSay(name);
  return view.facts.front();
}

int64_t totalOf(const PlacementView& view) {
  int64_t sum = 0;
  for (const PlacedDevice& device : view.devices) {
    int64_t experts = 0;
    for (const PlacedExpert& one : device.experts) experts += one.load;
    EXPECT_EQ(experts, device.load);
    sum += device.load;
  }
  return sum;
}

TEST(PlacementView, EveryDeviceHasItsExpertsAndTheirKeptChoices) {
  test::DemoOptions demo;
  demo.capacity = false;
  const ViewSource source = test::demoSource(demo);
  PlacementChoice choice;
  choice.devices = 4;
  const PlacementView view = makePlacementView(source, kAt, choice, kSay);
  ASSERT_FALSE(view.panel.notice);
  ASSERT_EQ(view.devices.size(), 4U);
  EXPECT_EQ(view.devices[1].experts.front().expert, 4) << "contiguous";
  EXPECT_EQ(totalOf(view), 60 * 2);
  EXPECT_DOUBLE_EQ(view.ideal, 60 * 2 / 4.0);
  EXPECT_EQ(view.panel.corner, "simulated cost, not measured");
  EXPECT_EQ(view.capacity, -1);
  // What the model's own capacity dropped goes to no device.
  EXPECT_LT(totalOf(makePlacementView(test::demoSource(), kAt, choice, kSay)), 60 * 2);
}

TEST(PlacementView, EachNumberStandsBesideAnEvenRouterAndTheLeast) {
  const ViewSource source = test::demoSource();
  PlacementChoice choice;
  choice.factor = 1.0;
  const PlacementView view = makePlacementView(source, kAt, choice, kSay);
  EXPECT_EQ(view.facts.size(), 7U);
  EXPECT_EQ(factNamed(view, Say::Straggler).least, "1.00");
  EXPECT_EQ(factNamed(view, Say::DeviceTerm).least, "1.000");
  EXPECT_EQ(factNamed(view, Say::CommunicationTerm).least, "0.500") << "two choices may stay on one device, M = 2";
  EXPECT_EQ(factNamed(view, Say::DevicesAToken).chance, "1.80") << "both on one device in 3 of 15";
  for (const PlacementFact& fact : view.facts) EXPECT_FALSE(fact.value.empty() || fact.chance.empty()) << fact.name;
  ASSERT_EQ(view.curves.size(), 3U);
  for (const PlacementCurve& curve : view.curves) {
    EXPECT_EQ(curve.tokens, (std::vector<int>{1, 2, 4, 8, 15, 30, 60}));
    EXPECT_EQ(curve.value.size(), curve.tokens.size());
    EXPECT_EQ(curve.chance.size(), curve.tokens.size());
  }
  EXPECT_EQ(view.description.rows.size(), 7U + 4 + 3 * 7);
  EXPECT_NE(view.description.sentence.find("an even router would have"), std::string::npos);
}

TEST(PlacementView, RulesFilesWidthAndTypeAreFollowed) {
  const ViewSource source = test::demoSource();
  PlacementChoice choice;
  choice.devices = 2;
  const auto bytes = [&] { return factNamed(makePlacementView(source, kAt, choice, kSay), Say::BytesAToken).value; };
  choice.width = 500;
  EXPECT_EQ(makePlacementView(source, kAt, choice, kSay).about,
            "500 values of 2 bytes a token \u00B7 nothing is measured");
  const double two = std::stod(bytes());
  choice.bytesAValue = 4;
  EXPECT_NEAR(std::stod(bytes()), 2 * two, 0.02);
  choice.kind = core::PlacementKind::Striped;
  EXPECT_EQ(makePlacementView(source, kAt, choice, kSay).devices[1].experts.front().expert, 1);
  choice.kind = core::PlacementKind::Greedy;
  EXPECT_NE(makePlacementView(source, kAt, choice, kSay).panel.subtitle.find("greedy"), std::string::npos);
  core::DeviceMap map;
  map.devices = 2;
  map.device.assign(16, 0);
  map.device[15] = 1;
  choice.map = map;
  choice.fileName = "mine.txt";
  const PlacementView lopsided = makePlacementView(source, kAt, choice, kSay);
  EXPECT_EQ(lopsided.devices[1].experts.size(), 1U);
  EXPECT_NE(lopsided.panel.subtitle.find("from mine.txt"), std::string::npos);
  choice.map->device.pop_back();
  EXPECT_TRUE(makePlacementView(source, kAt, choice, kSay).panel.notice) << "for other experts";
  EXPECT_TRUE(makePlacementView({}, kAt, {}, kSay).panel.notice);
}

TEST(PlacementScene, SaysThatItIsSimulatedHoweverLowItIs) {
  const PlacementView view = makePlacementView(test::demoSource(), kAt, {}, kSay);
  const test::FakeShaper shaper;
  const Theme theme = makeTheme(true, 1);
  for (const Size size : {Size{950, 145}, Size{620, 145}, Size{950, 90}, Size{340, 180}}) {
    const Scene scene = makePlacementScene(view, size, {theme, shaper, kSay, {}});
    bool says = false;
    for (const Primitive& one : scene.primitives()) {
      if (one.shape == Shape::Text) says |= scene.textOf(one) == kSay(Say::PlacementCorner);
    }
    EXPECT_TRUE(says) << size.width << " x " << size.height;
  }
}

TEST(PlacementScene, TheLineBelowSaysHowTheNumbersAreWorkedOut) {
  const ElementId about{Instrument::Placement, Element::Fact, -1, -1, -1, 0};
  const std::vector<std::string> tip = tooltipLines(test::demoSource(), kAt, about, kSay);
  ASSERT_GT(tip.size(), 5U);
  EXPECT_EQ(tip[0], "simulated cost, not measured");
  std::string whole;
  for (size_t i = 1; i < tip.size(); ++i) whole += (i > 1 ? " " : "") + tip[i];
  EXPECT_EQ(whole, kSay(Say::PlacementFormulas)) << "nothing is left out";
}

TEST(PlacementScene, PiecesOfBarsLeadToTheirExpertsAndNothingLeavesThePanel) {
  const ViewSource source = test::demoSource();
  PlacementChoice choice;
  choice.factor = 0.8;
  const PlacementView view = makePlacementView(source, kAt, choice, kSay);
  const test::FakeShaper shaper;
  for (const double scale : {1.0, 2.0}) {
    const Theme theme = makeTheme(true, scale);
    for (const Size size : {Size{950, 215}, Size{500, 215}, Size{260, 160}, Size{760, 520}, Size{2000, 1200}}) {
      const Scene scene = makePlacementScene(view, size, {theme, shaper, kSay, {}});
      std::set<int> experts;
      for (const Primitive& one : scene.primitives()) {
        const ElementId id = unpack(one.id);
        if (id.element == Element::LoadBar) experts.insert(id.expert);
        const Rect bounds = scene.bounds(one);
        EXPECT_LE(bounds.right(), size.width + 1) << size.width << " at " << scale;
        EXPECT_LE(bounds.bottom(), size.height + 1) << size.height << " at " << scale;
      }
      if (scale == 1 && size.width >= 500) {
        EXPECT_GT(experts.size(), 10U) << size.width;
      }
    }
  }
}

}  // namespace
}  // namespace ui
