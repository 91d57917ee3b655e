// A run that never was: logits from a counter-based noise, routed by the CPU engine's own functions. For tests and
// measurements of what reads a routing of any size.
#pragma once

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

// A router of `experts` with `chosen` a token: raw softmax weights, nothing dropped.
core::RouterConfig plainRouter(int experts, int chosen);

}  // namespace test
