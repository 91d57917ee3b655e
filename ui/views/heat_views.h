// Scores as heat: one token through all layers, and one layer through all tokens.
#pragma once

#include "ui/views/source.h"

namespace ui {

struct HeatCell {
  float score = 0;   // not-a-number: no score
  int8_t rank = -1;  // 0: first choice; -1: not chosen; past 126: 126
  bool dropped = false;
  bool recorded = false;  // under a replay: chosen by the run itself
};

struct LayersExpertsView {
  PanelText panel;
  int layers = 0, experts = 0, cursorLayer = 0, cursorExpert = 0, token = 0;
  std::vector<int> chosenNow;   // at the cursor's layer
  std::vector<uint8_t> dense;   // (L) 1: no router there
  std::vector<uint8_t> known;   // (L) 1: this token's row exists
  std::vector<HeatCell> cells;  // (L, E)
  double high = 0;              // end of the scale, a round number
  bool beside = false;          // a replay over its run: `recorded` is known
  const HeatCell& at(int layer, int expert) const {
    return cells[static_cast<size_t>(layer) * static_cast<size_t>(experts) + static_cast<size_t>(expert)];
  }
  Description description;
};

LayersExpertsView makeLayersExpertsView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

// Rows are read from the trace as they come into view; the view itself is small.
struct TokensExpertsView {
  PanelText panel;
  ViewSource source;
  int layer = 0, experts = 0, cursorToken = 0, cursorExpert = 0;
  std::vector<int> chosenNow;
  int tokens = 0;  // that have rows
  int length = 0;  // of the run
  int prompt = 0;
  double high = 0;
  bool global = false;  // the scale is that of all layers
  float zoom = 1;
  int first = -1;  // as in the options
  int rangeFirst = -1, rangeLast = -1;
  Description description;
};

struct TokensExpertsOptions {
  bool global = false;
  float zoom = 1;  // 1: the whole run; a token is never wider than 24 px
  int first = -1;  // the token at the left edge; -1: the window of tokens follows the cursor
  int rangeFirst = -1, rangeLast = -1;
};

TokensExpertsView makeTokensExpertsView(const ViewSource& source, const Cursor& cursor,
                                        const TokensExpertsOptions& options, const Phrases& say);

}  // namespace ui
