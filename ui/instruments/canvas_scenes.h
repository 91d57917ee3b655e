// The window's canvases as one scene each: all instruments of the layout, laid side by side with the lines between
// them, and the tooltip over them. This is what a host calls; single instruments are for windows of their own, and for
// files.
#pragma once

#include "ui/instruments/look.h"
#include "ui/layout.h"
#include "ui/views/drops_view.h"
#include "ui/views/heat_views.h"
#include "ui/views/load_view.h"
#include "ui/views/placement_view.h"
#include "ui/views/source.h"
#include "ui/views/token_strip_view.h"

namespace ui {

struct CanvasOptions {
  TokenStripOptions strip;
  LoadRange load;
  TokensExpertsOptions heat;
  PlacementChoice placement;
  int measuresScrolled = 0;  // lines of Measures above those in view
  bool routerByScore = false;
  Instrument focus = Instrument::None;  // where the keyboard is
  Instrument heatShown = Instrument::TokensExperts;
  Instrument lowerShown = Instrument::Ledger;
  bool hideTokensExperts = false;
  bool predictionInLower = true;
  Point pointer{-1, -1};  // logical pixels of this canvas; for the tooltip
};

Scene makeCentralScene(const ViewSource& source, const Cursor& cursor, const CanvasOptions& options, Size size,
                       const Look& look);
Scene makeLowerScene(const ViewSource& source, const Cursor& cursor, const CanvasOptions& options, Size size,
                     const Look& look);

const std::string& instrumentTitle(Instrument instrument, const Phrases& say);

// One instrument that fills a canvas of its own; it draws its own expert labels. None for instruments that are no
// canvas (Inspector) or need two runs (Compare).
Scene makeInstrumentScene(Instrument instrument, const ViewSource& source, const Cursor& cursor,
                          const CanvasOptions& options, Size size, const Look& look);

// What the pointer stands on, in a few lines: the five stages of an expert for the cursor's token, or of the token and
// expert of a cell. Empty: no tooltip.
std::vector<std::string> tooltipLines(const ViewSource& source, const Cursor& cursor, const ElementId& element,
                                      const Phrases& say);

// Draws lines in a box beside a point, inside of the scene.
void addTooltip(Scene& scene, Point at, const std::vector<std::string>& lines, const Look& look);

}  // namespace ui
