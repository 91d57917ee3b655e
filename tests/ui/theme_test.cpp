#include "ui/theme.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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

// How far two colours are apart for somebody without red or without green receptors: OKLab distance x 100 after the
// simulation of Machado, Oliveira and Fernandes (2009) at full severity.
double apart(Colour a, Colour b, bool green) {
  constexpr double kRed[3][3] = {
      {0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}};
  constexpr double kGreen[3][3] = {
      {0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}};
  const auto lab = [&](Colour c) {
    const auto linear = [](uint8_t v) {
      const double x = v / 255.0;
      return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
    };
    const double in[3] = {linear(c.r), linear(c.g), linear(c.b)};
    double rgb[3] = {};
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) rgb[i] += (green ? kGreen : kRed)[i][j] * in[j];
      rgb[i] = std::clamp(rgb[i], 0.0, 1.0);
    }
    const double l = std::cbrt(0.4122214708 * rgb[0] + 0.5363325363 * rgb[1] + 0.0514459929 * rgb[2]);
    const double m = std::cbrt(0.2119034982 * rgb[0] + 0.6806995451 * rgb[1] + 0.1073969566 * rgb[2]);
    const double s = std::cbrt(0.0883024619 * rgb[0] + 0.2817188376 * rgb[1] + 0.6299787005 * rgb[2]);
    return std::array<double, 3>{0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                                 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                                 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
  };
  const auto one = lab(a), other = lab(b);
  return 100 * std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

TEST(Theme, NeighboursAreToldApartWithoutRedOrGreenReceptors) {
  EXPECT_LT(apart(rgb(0x808000), rgb(0xA06400), true), 12) << "the measure itself tells some colours from none";
  for (const Theme* t : {&darkTheme(), &lightTheme()}) {
    const double least = t->dark ? 11.8 : 12.7;
    for (const bool green : {true, false}) {
      // The ledger's stack, from below.
      EXPECT_GE(apart(t->attention, t->routed, green), least) << t->dark << green;
      EXPECT_GE(apart(t->routed, t->routed2, green), least) << t->dark << green;
      EXPECT_GE(apart(t->routed2, t->shared, green), least) << t->dark << green;
      EXPECT_GE(apart(t->routed, t->shared, green), least) << t->dark << green;
      // Kept and dropped stand side by side in load and dispatch.
      EXPECT_GE(apart(t->kept, t->dropped, green), least) << t->dark << green;
    }
    for (size_t e = 1; e < t->expert.size(); ++e) EXPECT_GE(apart(t->expert[e - 1], t->expert[e], true), 18) << e;
  }
}

}  // namespace
}  // namespace ui
