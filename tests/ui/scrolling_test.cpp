// What is in view moves by wheel and key without the cursor, and comes back to it.
#include "ui/instruments/scrolling.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "ui/instruments/heat_scenes.h"
#include "ui/instruments/token_strip_scene.h"

namespace ui {
namespace {

const test::FakeShaper kShaper;
const Phrases kSay;

ViewSource longRun(int experts) {
  test::DemoOptions demo;
  demo.tokens = 4096;
  demo.prompt = 4000;
  demo.experts = experts;
  demo.layers = 2;
  return test::demoSource(demo);
}

Look plainLook() {
  static const Theme theme = darkTheme();
  return {theme, kShaper, kSay, {}, false, true, true};
}

Scene heat(const ViewSource& source, const Cursor& cursor, const TokensExpertsOptions& options) {
  return makeTokensExpertsScene(makeTokensExpertsView(source, cursor, options, kSay), {900, 560}, plainLook());
}

struct InView {
  int first = 0, count = 0;
  float left = 0, pitch = 0;
};
InView heatInView(const Scene& scene) {
  for (const Primitive& p : scene.primitives()) {
    if (const Grid* grid = scene.gridOf(p)) {
      return {grid->firstToken, grid->tokens, scene.bounds(p).x, 1 / grid->tokensPerPixel};
    }
  }
  return {};
}

TEST(ZoomOfTokensAndExperts, KeepsTheTokenUnderThePointer) {
  const ViewSource source = longRun(128);
  TokensExpertsOptions options;
  const Cursor cursor{10, 0, 3, Stage::Logits};
  const Scene whole = heat(source, cursor, options);
  EXPECT_EQ(heatInView(whole).count, 4096);
  const float x = 600;
  const ElementId under = unpack(hitTest(whole, {x, 200}));
  ASSERT_EQ(under.element, Element::Cell);
  zoomTokensExperts(options, whole, x, 40);
  const Scene close = heat(source, cursor, options);
  const InView seen = heatInView(close);
  EXPECT_LT(seen.count, 200);
  EXPECT_GT(seen.pitch, 4);
  const ElementId now = unpack(hitTest(close, {x, 200}));
  EXPECT_NEAR(now.token, under.token, 5) << "a pixel of the whole run is five tokens";
  EXPECT_EQ(now.expert, under.expert);
}

TEST(ZoomOfTokensAndExperts, EndsAtTheWholeRunAndAtTwentyFourPixelsAToken) {
  const ViewSource source = longRun(16);
  TokensExpertsOptions options;
  const Cursor cursor{2000, 0, 3, Stage::Logits};
  for (int i = 0; i < 40; ++i) zoomTokensExperts(options, heat(source, cursor, options), std::nullopt, 1.5f);
  const InView closest = heatInView(heat(source, cursor, options));
  EXPECT_NEAR(closest.pitch, kMostPitch, 0.5f);
  EXPECT_LE(closest.first, cursor.token) << "without a pointer it follows the cursor";
  EXPECT_GT(closest.first + closest.count, cursor.token);
  for (int i = 0; i < 40; ++i) zoomTokensExperts(options, heat(source, cursor, options), std::nullopt, 1 / 1.5f);
  EXPECT_EQ(heatInView(heat(source, cursor, options)).count, 4096);
  EXPECT_EQ(options.zoom, 1);
}

TEST(ZoomOfTokensAndExperts, PansToTheEndsAndDrawsNothingOutside) {
  const ViewSource source = longRun(16);
  TokensExpertsOptions options;
  const Cursor cursor{0, 0, 3, Stage::Logits};
  zoomTokensExperts(options, heat(source, cursor, options), std::nullopt, 30);
  for (int i = 0; i < 400; ++i) panTokensExperts(options, heat(source, cursor, options), 1);
  const Scene end = heat(source, cursor, options);
  EXPECT_EQ(heatInView(end).first + heatInView(end).count, 4096);
  for (const Primitive& p : end.primitives()) {
    EXPECT_GE(end.bounds(p).x, -0.5f);
    EXPECT_LE(end.bounds(p).right(), 900.5f);
  }
  for (int i = 0; i < 400; ++i) panTokensExperts(options, heat(source, cursor, options), -1);
  EXPECT_EQ(heatInView(heat(source, cursor, options)).first, 0);
}

Scene strip(const ViewSource& source, const Cursor& cursor, const TokenStripOptions& options) {
  return makeTokenStripScene(makeTokenStripView(source, cursor, options, kSay), {1280, 103}, plainLook(), 2);
}

std::set<int> tokensOf(const Scene& scene) {
  std::set<int> tokens;
  for (const Primitive& p : scene.primitives()) {
    const ElementId id = unpack(p.id);
    if (p.id != 0 && id.element == Element::Token) tokens.insert(id.token);
  }
  return tokens;
}

TEST(TokenStripScrolling, GoesToTheEndsAndFollowsTheCursorAgain) {
  const ViewSource source = longRun(16);
  TokenStripOptions options;
  const Cursor cursor{0, 0, 0, Stage::Logits};
  EXPECT_TRUE(tokensOf(strip(source, cursor, options)).contains(0));
  scrollTokenStrip(options, strip(source, cursor, options), 1);
  EXPECT_FALSE(tokensOf(strip(source, cursor, options)).contains(0)) << "the cursor may go out of view";
  for (int i = 0; i < 1000; ++i) scrollTokenStrip(options, strip(source, cursor, options), 1);
  EXPECT_TRUE(tokensOf(strip(source, cursor, options)).contains(4095));
  scrollTokenStrip(options, strip(source, cursor, options), -1e6f);
  EXPECT_TRUE(tokensOf(strip(source, cursor, options)).contains(0));
  scrollTokenStrip(options, strip(source, cursor, options), 3);
  options.scrolledTo = -1;
  EXPECT_TRUE(tokensOf(strip(source, cursor, options)).contains(0));
}

TEST(TokenStripScrolling, AShortRunStaysWhereItIs) {
  TokenStripOptions options;
  test::DemoOptions demo;
  demo.tokens = demo.prompt = 20;
  scrollTokenStrip(options, strip(test::demoSource(demo), {}, options), 1);
  EXPECT_EQ(options.scrolledTo, -1);
}

TEST(TokenStripScrolling, TheOverviewAnswersWithTheTokenThatStandsThere) {
  const ViewSource source = longRun(16);
  const Scene scene = strip(source, {}, {});
  const ElementId middle = unpack(hitTest(scene, {640, 96}));
  EXPECT_EQ(middle.element, Element::Overview);
  EXPECT_NEAR(middle.token, 2048, 4);
  EXPECT_EQ(middle.expert, -1) << "the cursor keeps its expert";
}

}  // namespace
}  // namespace ui
