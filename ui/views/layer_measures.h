// What takes a while to work out about one layer's routing: its measures, and which experts are chosen together. Once a
// trace and layer; where a picture must not wait (ViewSource::measureLater) it is asked for and comes later.
#pragma once

#include <memory>

#include "core/trace/routing_measures.h"
#include "ui/views/source.h"

namespace ui {

// Tokens of one expert that chose another as well.
struct ExpertPair {
  int from = 0, to = 0;
  int64_t both = 0, of = 0;  // tokens with both; tokens of `from`
  double rate() const { return static_cast<double>(both) / static_cast<double>(of); }
};

struct LayerMeasures {
  std::vector<core::RoutingMeasure> list;  // empty: the choices do not fit the model
  int experts = 0;
  std::vector<int32_t> both;          // (E, E) tokens that chose both; empty: no token chose two
  std::vector<int32_t> tokens;        // (E) that chose the expert
  double byChance = 0;                // the rate of an even router that gives each token as many experts
  std::vector<ExpertPair> strongest;  // by rate, of experts with at least half of the ideal load
};

constexpr size_t kStrongestPairs = 120;

// Reads the trace alone: on any thread.
LayerMeasures measureLayer(const core::Trace& trace, int layer, const core::LayerDispatch& decided);

// What takes no longer than a frame may; it is never put off.
bool measuresAreQuick(const core::Trace& trace, int layer);

// Null: on its way. It has been asked for.
std::shared_ptr<const LayerMeasures> measuresOf(const ViewSource& source, int layer);
// Puts what was worked out elsewhere where the views of this source find it.
void putMeasures(ViewMemo& memo, int layer, std::shared_ptr<const LayerMeasures> measures);

}  // namespace ui
