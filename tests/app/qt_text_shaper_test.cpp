#include "app/qt_text_shaper.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace {

using ui::TextFont;
using ui::TextStyle;

constexpr TextStyle kToken{TextFont::Token, 400, 13};
constexpr TextStyle kNumbers{TextFont::Numbers, 400, 11};

// Alpha under a run's pictures, as the atlas holds them.
int inkOf(const app::QtTextShaper& shaper, const ui::ShapedText& text) {
  int ink = 0;
  for (const ui::Glyph& glyph : text.glyphs) {
    for (int y = 0; y < glyph.height; ++y) {
      for (int x = 0; x < glyph.width; ++x) {
        const size_t at =
            (static_cast<size_t>(glyph.v + y) * ui::GlyphAtlas::kSize + static_cast<size_t>(glyph.u + x)) * 4;
        ink += shaper.atlas().pixels()[at + 3] > 0;
      }
    }
  }
  return ink;
}

TEST(QtTextShaper, EveryDigitIsEquallyWide) {
  const app::QtTextShaper shaper;
  const float one = shaper.width("1", kNumbers);
  EXPECT_GT(one, 5);
  for (const char* digit : {"0", "2", "8", "-", "\u2212", "."}) EXPECT_FLOAT_EQ(shaper.width(digit, kNumbers), one);
  EXPECT_FLOAT_EQ(shaper.width("\u22121.59", kNumbers), 5 * one);
}

TEST(QtTextShaper, WidthIsTheSameAtEveryDeviceScale) {
  app::QtTextShaper shaper;
  const float width = shaper.width("together", kToken);
  for (const float scale : {1.0f, 1.5f, 2.0f, 3.0f}) {
    const ui::ShapedText& shaped = shaper.shape("together", kToken, scale);
    EXPECT_FLOAT_EQ(shaped.width, width);
    ASSERT_FALSE(shaped.glyphs.empty());
    const ui::Glyph& last = shaped.glyphs.back();
    EXPECT_NEAR(static_cast<float>(last.x + last.width) / scale, width, 2.5f);
  }
}

TEST(QtTextShaper, EmojiKeepTheirColours) {
  app::QtTextShaper shaper;
  const ui::ShapedText& shaped = shaper.shape("\U0001F600", kToken, 2);
  ASSERT_EQ(shaped.glyphs.size(), 1u);
  EXPECT_TRUE(shaped.glyphs[0].coloured);
  EXPECT_NEAR(shaped.glyphs[0].height, 2 * 13, 8);
  EXPECT_GT(inkOf(shaper, shaped), 200);
}

TEST(QtTextShaper, ArabicIsJoinedAndRunsToTheLeft) {
  app::QtTextShaper shaper;
  const std::string word = "\u0628\u064A\u062A";  // three letters that join
  const float joined = shaper.width(word, kToken);
  const float apart = shaper.width("\u0628", kToken) + shaper.width("\u064A", kToken) + shaper.width("\u062A", kToken);
  EXPECT_LT(joined, apart);
  const ui::ShapedText shaped = shaper.shape(word, kToken, 1);
  EXPECT_GT(inkOf(shaper, shaped), 20);
  for (const ui::Glyph& glyph : shaped.glyphs) EXPECT_LT(glyph.x, joined + 2);
}

TEST(QtTextShaper, NumbersHaveNoLigatures) {
  app::QtTextShaper shaper;
  EXPECT_EQ(shaper.shape("->", kNumbers, 1).glyphs.size(), 2u);
}

TEST(QtTextShaper, BlanksTakeRoomAndNoInk) {
  app::QtTextShaper shaper;
  const ui::ShapedText& shaped = shaper.shape("   ", kToken, 1);
  EXPECT_GT(shaped.width, 5);
  EXPECT_TRUE(shaped.glyphs.empty());
  EXPECT_EQ(shaper.shape("", kToken, 1).width, 0);
}

TEST(QtTextShaper, TextIsShapedAgainWhenTheAtlasWasCleared) {
  app::QtTextShaper shaper;
  const uint32_t before = shaper.shape("again", kToken, 1).generation;
  // Large pictures until the page is full.
  for (int size = 100; shaper.atlas().generation() == before && size < 400; ++size) {
    shaper.shape("Qqwertyuiop", {TextFont::Words, 600, static_cast<float>(size)}, 1);
  }
  ASSERT_NE(shaper.atlas().generation(), before);
  const ui::ShapedText shaped = shaper.shape("again", kToken, 1);
  EXPECT_EQ(shaped.generation, shaper.atlas().generation());
  EXPECT_GT(inkOf(shaper, shaped), 50);
}

TEST(QtTextShaper, HeightsOfAFontAreThoseOfItsDesign) {
  const app::QtTextShaper shaper;
  const ui::TextMetrics metrics = shaper.metrics({TextFont::Words, 400, 100});
  EXPECT_GT(metrics.ascent, metrics.capHeight);
  EXPECT_NEAR(metrics.capHeight, 72, 4);
  EXPECT_GT(metrics.descent, 10);
}

}  // namespace
