// The rules of capacity as the window offers them, over a small run.
#include "ui/views/capacity_view.h"

#include <gtest/gtest.h>

#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/dispatch_scene.h"
#include "ui/views/dispatch_view.h"

namespace ui {
namespace {

const Phrases kSay;

ViewSource laidOver(const ViewSource& recorded, core::CapacityRule rule, double factor) {
  auto info = std::make_shared<core::RunInfo>(recorded.trace.info());
  info->capacity = {true, true, rule, factor, 4};
  ViewSource source = makeViewSource(recorded.trace.withInfo(info), &recorded);
  source.recorded = recorded.trace.info().capacity;
  return source;
}

TEST(CapacityView, NamesEveryRuleWithItsArithmeticAndLocksTheOneThatDoesNotFit) {
  const ViewSource source = test::demoSource();
  const CapacityView view = makeCapacityView(source, {0, 0, 0, {}}, kSay);
  ASSERT_EQ(view.rules.size(), core::kCapacityRules.size());
  EXPECT_EQ(view.rules[0].name, "gshard");
  EXPECT_EQ(view.rules[0].arithmetic, "⌈2 × 60 / 16 × 1.0⌉ = 8 slots");
  EXPECT_EQ(view.rules[1].name, "switch");
  EXPECT_FALSE(view.rules[1].whyNot.empty()) << "it knows one choice a token only";
  EXPECT_EQ(view.label, "simulated");
  EXPECT_TRUE(view.whyNot.empty());
}

TEST(CapacityView, CountsWhatIsDroppedHereAndInAllLayers) {
  const ViewSource source = laidOver(test::demoSource(), core::CapacityRule::Gshard, 0.5);
  const CapacityView view = makeCapacityView(source, {0, 2, 0, {}}, kSay);
  int64_t here = 0, all = 0;
  for (int layer = 0; layer < source.layers(); ++layer) {
    for (int token = 0; token < source.dispatch[static_cast<size_t>(layer)]->tokens; ++token) {
      for (int rank = 0; rank < source.chosen(); ++rank) {
        const bool dropped = source.keptAt(layer, token, rank) == 0;
        all += dropped;
        here += dropped && layer == 2;
      }
    }
  }
  EXPECT_GT(here, 0);
  EXPECT_EQ(view.here, fmt::format("{} of 120 dropped at L2", here));
  EXPECT_EQ(view.everywhere, fmt::format("{} of 720 in all layers", all));
}

TEST(CapacityView, SaysWhichRuleTheModelItselfRanWith) {
  ViewSource source = laidOver(test::demoSource(), core::CapacityRule::Vmoe, 1.5);
  source.recorded = {true, false, core::CapacityRule::Flaxformer, 1.25, 4};
  EXPECT_EQ(aboutCapacity(source, kSay),
            "The model ran with flaxformer, factor 1.25. Drops are decided again on its choices; later layers are not "
            "run again.");
}

TEST(CapacityView, WithoutARunSaysWhyNothingCanBeSet) {
  EXPECT_FALSE(makeCapacityView(ViewSource{}, {}, kSay).whyNot.empty());
}

TEST(CapacitySlider, EveryPlaceIsAFactorAndBack) {
  for (int place = 0; place < kFactorPlaces; ++place) EXPECT_EQ(placeOfFactor(factorAtPlace(place)), place);
  EXPECT_DOUBLE_EQ(factorAtPlace(20), 1.0);
  EXPECT_EQ(placeOfFactor(0.01), 0);
  EXPECT_EQ(placeOfFactor(99), kFactorPlaces - 1);
}

TEST(CapacitySlider, StandsBesideARoomyDispatchAndTakesClicksAtEveryPlace) {
  const Theme theme = darkTheme();
  const test::FakeShaper shaper;
  const Look look{theme, shaper, kSay, {}, false, true};
  const DispatchView view = makeDispatchView(test::demoSource(), {0, 0, 0, {}}, kSay);
  const Scene scene = makeDispatchScene(view, nullptr, {900, 600}, look);
  std::vector<bool> found(kFactorPlaces);
  for (const Primitive& primitive : scene.primitives()) {
    const ElementId id = unpack(primitive.id);
    if (id.element == Element::Factor) found[static_cast<size_t>(id.value)] = true;
  }
  EXPECT_EQ(std::count(found.begin(), found.end(), true), kFactorPlaces);
}

}  // namespace
}  // namespace ui
