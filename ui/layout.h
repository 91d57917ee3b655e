// The rectangles of the window's two canvases for a size and a text scale, in logical pixels of the canvas. Minimum
// sizes grow with the text; when room runs out instruments give way in a fixed order, and one strip row, stage rail,
// Router and Dispatch never go.
#pragma once

#include <optional>
#include <vector>

#include "ui/scene/scene.h"

namespace ui {

struct PlacedInstrument {
  Instrument instrument = Instrument::None;
  Rect rect;
};

// Central canvas: token strip, stage rail, expert band.
struct CentralLayout {
  int stripRows = 2;
  bool heatTabs = false;  // the two heat maps share one place; `heatShown` says which is in it
  std::vector<PlacedInstrument> places;
  std::vector<Rect> lines;  // 1 px between panels
};

struct CentralOptions {
  int experts = 16;
  Instrument heatShown = Instrument::TokensExperts;  // where the two share a place
  bool hideTokensExperts = false;                    // a lesson is open: this map gives way first
};

CentralLayout layoutCentral(Size size, double textScale, const CentralOptions& options);

// Lower canvas: Ledger and Prediction beside each other, or one of them as tabs; with more height Load by layer, drops
// by position and Ledger over layers below.
struct LowerLayout {
  bool tabs = false;
  std::vector<PlacedInstrument> places;
  std::vector<Rect> lines;
};

struct LowerOptions {
  bool prediction = true;                 // false: it stands in a dock of its own
  Instrument shown = Instrument::Ledger;  // where there is room for one
};

LowerLayout layoutLower(Size size, double textScale, const LowerOptions& options);

// Height the central canvas wants for E experts at 1280 px and wider: strip, rail, and rows of 17 px; and what it can
// do with.
float centralHeight(int experts, double textScale);
float leastCentralHeight(double textScale);
constexpr float kLowerHeight = 215, kLeastLowerHeight = 180;

std::optional<Rect> placeOf(const std::vector<PlacedInstrument>& places, Instrument instrument);

}  // namespace ui
