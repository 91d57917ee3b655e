// Every colour and size of the look, as data: two palettes, the colour maps, and the text scale. Nothing that paints
// holds a colour of its own.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "ui/colour.h"

namespace ui {

struct Theme {
  bool dark = true;
  double textScale = 1;  // 1 to 2; multiplies text sizes and row heights

  Colour bg0, bg1, bg2, bg3;  // gutter; canvas; bars and chosen rows; buttons and hover
  Colour line, line2;         // hairlines; axes and control borders
  Colour fg1, fg2, fg3;       // text, secondary, labels
  Colour accent, accentFill;  // "you are here", and nothing else
  Colour accentText, onAccent, sel;
  Colour routed, routed2;  // chosen experts in rank order, alternating
  Colour kept;             // slots and load: first choices
  Colour keptLaterFill, keptLaterBorder;
  Colour dropped;  // hatch and cross
  Colour shared, attention, residual, remainder;
  Colour prompt, generated;
  std::array<Colour, 16> expert;
  std::array<Colour, 9> sequential, diverging;

  // Colour of an expert in a model of E: its own hue up to 16, fg3 beyond (there, hues go by rank: rankColour).
  Colour expertColour(int expert, int experts) const;
  Colour rankColour(int rank) const;  // routed and routed2 in turn
  Colour hueByRank(int rank) const;   // expert hues 0, 1, 2, ... for the cursor's chosen experts beyond 16
  // value in [0, 1], or [-1, 1] for the diverging map; outside is clamped, not-a-number is the low end or zero.
  // Quantised to 64 levels (63 steps), so that equal neighbours can be merged.
  Colour sequentialAt(double value) const;
  Colour divergingAt(double value) const;
  Colour inkOn(Colour background) const;  // black or white, whichever contrasts more

  double px(double units) const { return units * textScale; }  // a text size or row height at the text scale
};

const Theme& darkTheme();
const Theme& lightTheme();
Theme makeTheme(bool dark, double textScale);  // textScale is clamped to [1, 2]

constexpr int kColourLevels = 64;
// 0 to 63; equal levels have equal colours.
int sequentialLevel(double value);
int divergingLevel(double value);

// Every single colour by its name, for style sheets ("bg1", "accentText", ...).
struct NamedColour {
  std::string_view name;
  Colour colour;
};
std::array<NamedColour, 28> namedColours(const Theme& theme);

// Sizes of the look, in logical pixels at text scale 1.
constexpr double kUnit = 4;
constexpr double kPadding = 12;
constexpr double kSizeNumber = 11, kSizeWord = 12, kSizeToken = 13, kSizeHeading = 15;
constexpr double kRowMin = 11, kRowMax = 28;
constexpr double kTitleHeight = 30, kHeadHeight = 22, kFooterHeight = 27;

}  // namespace ui
