#include "ui/theme.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

double worst(Colour ink, const Theme& t) {
  return std::min({contrast(ink, t.bg1), contrast(ink, t.bg2), contrast(ink, t.bg3), contrast(ink, t.sel)});
}

TEST(Theme, TextKeepsItsContrastOnEveryGround) {
  const Theme& d = darkTheme();
  const Theme& l = lightTheme();
  EXPECT_NEAR(worst(d.fg1, d), 11.8, 0.06);
  EXPECT_NEAR(worst(l.fg1, l), 14.2, 0.06);
  EXPECT_NEAR(worst(d.fg2, d), 7.0, 0.06);
  EXPECT_NEAR(worst(l.fg2, l), 7.0, 0.06);
  EXPECT_NEAR(worst(d.fg3, d), 4.5, 0.06);
  EXPECT_NEAR(worst(l.fg3, l), 4.8, 0.06);
  EXPECT_NEAR(worst(d.accentText, d), 8.0, 0.06);
  EXPECT_NEAR(worst(l.accentText, l), 4.9, 0.06);
  EXPECT_NEAR(worst(d.dropped, d), 5.5, 0.06);
  EXPECT_NEAR(worst(l.dropped, l), 5.3, 0.06);
  EXPECT_NEAR(worst(d.generated, d), 5.4, 0.06);
  EXPECT_NEAR(worst(l.generated, l), 4.6, 0.06);
  EXPECT_NEAR(contrast(d.onAccent, d.accentFill), 10.3, 0.06);
}

TEST(Theme, MarksStandOutFromTheCanvas) {
  for (const Theme* t : {&darkTheme(), &lightTheme()}) {
    for (const Colour c : {t->routed, t->kept, t->shared, t->attention, t->residual, t->generated, t->dropped}) {
      EXPECT_GE(contrast(c, t->bg1), 3.0) << int{c.r} << " " << int{c.g} << " " << int{c.b};
    }
  }
}

TEST(Theme, InkInsideAnyColouredCellCanBeRead) {
  for (const Theme* t : {&darkTheme(), &lightTheme()}) {
    double least = 21;
    for (int i = 0; i < kColourLevels; ++i) {
      const double v = static_cast<double>(i) / (kColourLevels - 1);
      for (const Colour c : {t->sequentialAt(v), t->divergingAt(2 * v - 1)}) {
        least = std::min(least, contrast(t->inkOn(c), c));
      }
    }
    for (const Colour c : t->expert) least = std::min(least, contrast(t->inkOn(c), c));
    EXPECT_GE(least, 4.55);
  }
}

TEST(Theme, SequentialMapGetsSteadilyLighterOrDarker) {
  for (const Theme* t : {&darkTheme(), &lightTheme()}) {
    for (int i = 1; i < kColourLevels; ++i) {
      const double before = luminance(t->sequentialAt((i - 1) / 63.0)), now = luminance(t->sequentialAt(i / 63.0));
      EXPECT_TRUE(t->dark ? now > before : now < before) << i;
    }
  }
}

TEST(Theme, MapsClampAndNeverTrustNotANumber) {
  const Theme& t = darkTheme();
  EXPECT_EQ(t.sequentialAt(-3), t.sequential[0]);
  EXPECT_EQ(t.sequentialAt(7), t.sequential[8]);
  EXPECT_EQ(t.sequentialAt(std::nan("")), t.sequential[0]);
  EXPECT_EQ(t.divergingAt(-2), t.diverging[0]);
  EXPECT_EQ(divergingLevel(std::nan("")), divergingLevel(0));
}

TEST(Theme, ExpertsBeyondSixteenHaveNoHueOfTheirOwn) {
  const Theme& t = darkTheme();
  EXPECT_EQ(t.expertColour(3, 16), t.expert[3]);
  EXPECT_EQ(t.expertColour(3, 17), t.fg3);
  EXPECT_EQ(t.expertColour(-1, 8), t.fg3);
}

}  // namespace
}  // namespace ui
