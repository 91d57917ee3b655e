// What made a layer's output: residual, attention, each routed expert, the shared expert, a dense block, and what they
// do not explain; their lengths, their share of the output and their push on the next token's logit.
#pragma once

#include "ui/views/source.h"

namespace ui {

enum class Part : uint8_t { Residual, Attention, Routed, OtherRouted, Shared, Dense, Remainder };

struct LedgerRow {
  Part part = Part::Residual;
  int rank = -1;  // of a routed expert; its colour goes by it
  int expert = -1;
  bool dropped = false;  // a simulated rule would have dropped it, or a recorded one did
  std::string label;
  float norm = 0;    // L2
  double share = 0;  // of the output, by projection; the rows add up to 1
  float push = 0;    // logits; not-a-number: not known (yet)
};

// Lengths written into the stream by one layer, from the bottom of its column up.
struct LedgerColumn {
  int layer = 0;
  std::vector<LedgerRow> parts;  // without residual and remainder
  double total = 0;
  bool known = false;
};

struct LedgerView {
  PanelText panel;
  int layer = 0, token = 0, experts = 0;
  std::vector<LedgerRow> rows;  // remainder is last
  float outNorm = 0;
  double shareSum = 0, pushSum = 0;
  float normHigh = 0, pushHigh = 0;  // scales of the bars
  std::vector<LedgerColumn> columns;
  double columnHigh = 0;
  std::string pushToken;       // the token whose logit is pushed, visible text; empty: unknown
  bool pushActual = false;     // it is the one that really follows; else the most likely one
  std::string sharedSentence;  // "Shared 56 % of shared + routed norm"
  std::string errorSentence;   // "recombination error 8e-7"; the bias after the routed sum, where a family has one
  Description description;
};

LedgerView makeLedgerView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

// The same shares for every layer, for a stacked area: residual, attention, routed (all), shared, dense.
struct LedgerOverLayersView {
  PanelText panel;
  int cursorLayer = 0;
  struct Band {
    Part part;
    std::string label;
    std::vector<double> share;  // (L), may be below zero
  };
  std::vector<Band> bands;  // bottom up
  int layers = 0;
  Description description;
};

LedgerOverLayersView makeLedgerOverLayersView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
