// A run that never was: logits from a counter-based noise, routed by the CPU engine's own functions. For tests and
// measurements of what reads a routing of any size.
#pragma once

#include <vector>

#include "core/trace/dispatch.h"
#include "core/trace/trace.h"

namespace test {

struct MadeTrace {
  core::RouterConfig router;  // experts and chosen, score, weights, capacity
  int layers = 2;
  int tokens = 40;  // that were run
  int prompt = 40;  // of them
  int block = 16;   // rows that come together
  uint64_t seed = 1;
};

core::Trace makeTrace(const MadeTrace& options);

// The same rows under another rule and factor, as the window's capacity slider lays them over a run: recorded where
// they are the run's own, else simulated.
core::Trace withCapacity(const core::Trace& trace, core::CapacityRule rule, double factor);
// What that decides, layer by layer: (L).
std::vector<core::LayerDispatch> decidedUnder(const core::Trace& trace, core::CapacityRule rule, double factor);

// A router of `experts` with `chosen` a token: raw softmax weights, nothing dropped.
core::RouterConfig plainRouter(int experts, int chosen);

}  // namespace test
