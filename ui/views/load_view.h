// How many choices fell on each expert of a layer, what of them found a slot, and what an even router would give.
#pragma once

#include "ui/views/source.h"

namespace ui {

// Tokens that are counted, both ends included.
struct LoadRange {
  enum class Kind : uint8_t { WholeRun, UpToCursor, Tokens } kind = Kind::WholeRun;
  int first = 0, last = 0;  // for Tokens
};

struct LoadRow {
  int expert = 0;
  int kept = 0, dropped = 0;  // choices
  double overIdeal = 0;
  int recorded = 0;  // choices in the run, under a replay
  int count() const { return kept + dropped; }
};

struct LoadView {
  PanelText panel;
  int layer = 0, experts = 0, cursorExpert = 0;
  std::vector<int> chosenNow;  // experts of the cursor's token in rank order
  std::vector<LoadRow> rows;   // by expert
  int tokens = 0;              // that were counted
  double ideal = 0;            // choices an expert of an even router
  int capacity = -1;           // slots; -1: no rule, several groups, or only a part of the run is counted
  double maxViolation = 0;     // MaxVio
  double entropy = 0;          // nats, of the experts' shares of the choices; ln E for an even router
  int highest = 0;             // choices of the busiest expert, under a replay also in the run
  bool beside = false;         // a replay over its run
  std::vector<int> dead;       // experts without a choice
  Description description;
};

LoadView makeLoadView(const ViewSource& source, const Cursor& cursor, const LoadRange& range, const Phrases& say);

// All layers over the whole run, for small multiples on one scale; layers without a router are left out.
struct LoadByLayerView {
  PanelText panel;
  int cursorLayer = 0, cursorExpert = 0;
  std::vector<LoadView> layers;
  int highest = 0;
  Description description;
};
LoadByLayerView makeLoadByLayerView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
