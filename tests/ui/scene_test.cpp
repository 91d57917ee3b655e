#include "ui/scene/scene.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/ui/fake_shaper.h"
#include "ui/scene/canvas.h"
#include "ui/scene/paint_svg.h"

namespace ui {
namespace {

constexpr Colour kRed = rgb(0xFF0000), kGround = rgb(0x000000);

SceneId expertId(int expert) { return ElementId{Instrument::Router, Element::ExpertRow, -1, -1, expert, -1}.pack(); }

TEST(ElementIds, EveryFieldComesBackAtItsEnds) {
  for (const ElementId id : {ElementId{Instrument::Compare, Element::Action, 0, 0, 0, 0},
                             ElementId{Instrument::TokenStrip, Element::Token, 2000000, 1023, 4095, 500},
                             ElementId{Instrument::Router, Element::None, -1, -1, -1, -1}}) {
    EXPECT_EQ(unpack(id.pack()), id);
  }
  EXPECT_EQ(ElementId{}.pack(), 0u);
}

TEST(HitTest, FindsTheTopmostAndRespectsClips) {
  Scene scene({100, 100});
  scene.setId(expertId(1));
  scene.fill({0, 0, 50, 50}, kRed);
  scene.setId(expertId(2));
  scene.pushClip({20, 20, 10, 10});
  scene.area({0, 0, 50, 50});
  scene.popClip();
  scene.setId(0);
  scene.fill({0, 0, 100, 100}, kRed);
  EXPECT_EQ(hitTest(scene, {5, 5}), expertId(1));
  EXPECT_EQ(hitTest(scene, {25, 25}), expertId(2));
  EXPECT_EQ(hitTest(scene, {80, 80}), 0u);
}

TEST(HitTest, AGridAnswersWithTheCellUnderThePoint) {
  Scene inner({100, 100});
  inner.grid({10, 20, 80, 40}, {{Instrument::TokensExperts, Element::Cell, -1, 3, -1, -1}, 0.5f, 5, 40, 4, 10});
  Scene scene({200, 200});
  scene.append(inner, {50, 50});
  EXPECT_EQ(unpack(hitTest(scene, {50 + 10 + 21, 50 + 20 + 15})),
            (ElementId{Instrument::TokensExperts, Element::Cell, 15, 3, 5, -1}));
}

TEST(Scenes, AnAppendedSceneIsMovedAndClippedToItsSize) {
  const test::FakeShaper shaper;
  Scene inner({20, 20});
  inner.fill({10, 10, 50, 50}, kRed);
  inner.text({2, 12}, "a", {}, kRed, shaper);
  Scene scene({100, 100});
  scene.text({0, 12}, "first", {TextFont::Numbers, 400, 11}, kRed, shaper);
  scene.append(inner, {30, 40});
  const Primitive& box = scene.primitives()[1];
  EXPECT_EQ(box.rect, (Rect{40, 50, 50, 50}));
  EXPECT_EQ(*scene.clipOf(box), (Rect{30, 40, 20, 20}));
  EXPECT_EQ(scene.textOf(scene.primitives()[2]), "a");
  EXPECT_EQ(scene.styleOf(scene.primitives()[2]), TextStyle{});
}

TEST(Hatches, EveryLineEndsInsideOfTheRectangle) {
  const Rect r{3.5f, 2, 17, 9};
  const std::vector<Segment> lines = hatchSegments(r, 4);
  ASSERT_FALSE(lines.empty());
  for (const Segment& s : lines) {
    for (const Point p : {s.from, s.to}) {
      EXPECT_GE(p.x, r.x - 0.01f);
      EXPECT_LE(p.x, r.right() + 0.01f);
      EXPECT_GE(p.y, r.y - 0.01f);
      EXPECT_LE(p.y, r.bottom() + 0.01f);
    }
  }
}

TEST(Dashes, CoverALineInTheirPattern) {
  const std::vector<Segment> cuts = dashSegments({0, 0}, {10, 0}, Dash::Dash33);
  ASSERT_EQ(cuts.size(), 2u);
  EXPECT_FLOAT_EQ(cuts[0].to.x, 3);
  EXPECT_FLOAT_EQ(cuts[1].from.x, 6);
  EXPECT_FLOAT_EQ(cuts[1].to.x, 9);
  EXPECT_EQ(dashSegments({5, 5}, {5, 5}, Dash::Dash33).size(), 1u);
}

TEST(Raster, PutsRectanglesAndLinesOnWholePixels) {
  test::FakeShaper shaper;
  Scene scene({8, 4});
  scene.fill({1, 1, 2, 2}, kRed);
  scene.line({5, 0}, {5, 4}, kRed);
  const Image image = paintImage(scene, shaper, 1, kGround);
  std::string picture;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x)
      picture += image.row(y)[x] == 0xFFFF0000u ? '#' : image.row(y)[x] == 0xFF000000u ? '.' : '?';
    picture += '\n';
  }
  EXPECT_EQ(picture,
            ".....#..\n"
            ".##..#..\n"
            ".##..#..\n"
            ".....#..\n");
}

TEST(Raster, BlendsAndClipsAndScales) {
  test::FakeShaper shaper;
  Scene scene({4, 2});
  scene.pushClip({0, 0, 2, 2});
  scene.fill({0, 0, 4, 2}, withAlpha(rgb(0xFFFFFF), 0.5));
  scene.popClip();
  const Image image = paintImage(scene, shaper, 2, kGround);
  EXPECT_EQ(image.width, 8);
  EXPECT_EQ(image.height, 4);
  EXPECT_EQ(image.row(0)[3], 0xFF808080u);
  EXPECT_EQ(image.row(0)[4], 0xFF000000u);
}

TEST(Raster, PolygonsThatShareAnEdgeLeaveNoGap) {
  test::FakeShaper shaper;
  Scene scene({20, 20});
  const Point a[] = {{2, 2}, {18, 2}, {2, 18}}, b[] = {{18, 2}, {18, 18}, {2, 18}};
  scene.polygon(a, rgb(0xFFFFFF));
  scene.polygon(b, rgb(0xFFFFFF));
  const Image image = paintImage(scene, shaper, 1, kGround);
  for (int y = 4; y < 16; ++y) {
    for (int x = 4; x < 16; ++x) EXPECT_GT(image.row(y)[x] & 0xFF, 0xA0u) << x << " " << y;
  }
}

TEST(Raster, TextComesFromTheAtlasInItsColour) {
  test::FakeShaper shaper;
  Scene scene({40, 20});
  scene.text({2, 15}, "ab", {TextFont::Words, 400, 12}, kRed, shaper);
  const Image image = paintImage(scene, shaper, 1, kGround);
  EXPECT_EQ(image.row(12)[3], 0xFFFF0000u);
  EXPECT_EQ(image.row(17)[3], 0xFF000000u);
}

TEST(Canvas, APressAndReleaseInOneFrameIsStillAClick) {
  test::FakeShaper shaper;
  Scene scene({40, 40});
  scene.setId(expertId(7));
  scene.fill({10, 10, 20, 20}, kRed);
  Canvas canvas;
  canvas.mouseMoved({15, 15});
  canvas.mousePressed(MouseButton::Left);
  canvas.mouseReleased(MouseButton::Left);
  int clicks = 0;
  for (int frame = 0; frame < 6; ++frame) {
    canvas.frame(scene, shaper, 1, kGround, nullptr);
    for (const CanvasEvent& e : canvas.events()) {
      if (e.kind == CanvasEvent::Kind::Click && e.id == expertId(7)) ++clicks;
    }
  }
  EXPECT_EQ(clicks, 1);
  EXPECT_FALSE(canvas.wantsFrame());
  EXPECT_EQ(canvas.hovered(), expertId(7));
}

TEST(Canvas, ADragTellsWhereItBeganAndWhereItIs) {
  test::FakeShaper shaper;
  Scene scene({100, 20});
  for (int i = 0; i < 10; ++i) {
    scene.setId(expertId(i));
    scene.fill({static_cast<float>(i) * 10, 0, 10, 20}, kRed);
  }
  Canvas canvas;
  canvas.mouseMoved({5, 5});
  canvas.mousePressed(MouseButton::Left);
  canvas.frame(scene, shaper, 1, kGround, nullptr);
  canvas.mouseMoved({75, 5});
  canvas.mouseReleased(MouseButton::Left);
  std::string told;
  for (int frame = 0; frame < 5; ++frame) {
    canvas.frame(scene, shaper, 1, kGround, nullptr);
    for (const CanvasEvent& e : canvas.events()) {
      if (e.kind == CanvasEvent::Kind::Drag)
        told += fmt::format("drag {}-{} ", unpack(e.id).expert, unpack(e.under).expert);
      if (e.kind == CanvasEvent::Kind::Release) told += "release ";
      if (e.kind == CanvasEvent::Kind::Click) told += "click ";
    }
  }
  EXPECT_EQ(told, "drag 0-7 release ");
}

TEST(Svg, TextIsRealAndEscaped) {
  const test::FakeShaper shaper;
  Scene scene({50, 20});
  scene.text({1, 10}, "<b>&\"\x01\xFF", {TextFont::Token, 600, 13}, kRed, shaper);
  scene.sentence = "a < b";
  const std::string svg = paintSvg(scene, {});
  EXPECT_NE(svg.find(">&lt;b&gt;&amp;&quot;\xEF\xBF\xBD\xEF\xBF\xBD</text>"), std::string::npos) << svg;
  EXPECT_NE(svg.find("<title>a &lt; b</title>"), std::string::npos);
  EXPECT_EQ(svg.find('\x01'), std::string::npos);
}

TEST(Atlas, WhenItIsFullItStartsAgainWithANewGeneration) {
  GlyphAtlas atlas;
  const uint32_t before = atlas.generation();
  const std::vector<uint8_t> glyph(512 * 512, 9);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(atlas.addCoverage(512, 512, glyph).has_value());
  EXPECT_GT(atlas.generation(), before);
  EXPECT_FALSE(atlas.addCoverage(4096, 1, std::vector<uint8_t>(4096)).has_value());
}

}  // namespace
}  // namespace ui
