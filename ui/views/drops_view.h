// Where in the run choices are dropped, over what queueing alone would drop: a rising curve by itself says nothing
// about a router, since whoever comes first is served first.
#pragma once

#include <map>

#include "core/trace/placed.h"
#include "ui/views/source.h"

namespace ui {

struct DropsBin {
  int first = 0, last = 0;   // tokens, both included
  double share = 0;          // dropped choices over choices
  double uniform = 0;        // null: a router without a preference
  double ownShares = 0;      // null: independent choices with this run's shares
  double shuffled = 0;       // null: this run's own choices, tokens in random order (mean)
  double low = 0, high = 0;  // 5 and 95 % of the shuffles
};

struct DropsView {
  PanelText panel;
  std::vector<DropsBin> bins;  // of at least 20 choices each
  double highest = 0;
  Description description;
};

struct LayerMeasures;

struct ViewMemo {
  std::map<int, std::vector<DropsBin>> drops;  // bins by layer: their nulls cost thousands of dispatches
  std::vector<float> dropped;                  // (T) choices without a slot in all layers; empty: not counted yet
  // What draws random routings, and what is counted for it.
  std::map<std::string, std::vector<core::PlacedBatch>> placed;  // by layer and what was asked
  std::vector<int64_t> loads;                                    // (E) of all layers; empty: not counted yet
  std::map<int, std::shared_ptr<const LayerMeasures>> measures;  // by layer
};

constexpr int kLeastChoicesInBin = 20;
constexpr int kShuffles = 64;        // of a run of up to 4,096 choices
constexpr int kShufflesOfLong = 20;  // of a longer one: its bins are large, their band is narrow
// Positions times experts up to which the nulls are summed exactly; past it the binomial tail of a run this long is
// taken as normal, so that a picture never waits for it.
constexpr int64_t kMostExactWork = int64_t{1} << 16;

DropsView makeDropsView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
