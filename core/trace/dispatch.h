// Who got a slot: recorded for families with a capacity rule, simulated on the recorded choices for the others when the
// run asked for it, none (every choice kept) otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/trace.h"

namespace core {

struct LayerDispatch {
  bool exists = false;     // a capacity rule acts or is simulated
  bool simulated = false;
  int capacity = 0;        // C
  int tokens = 0;          // T
  std::vector<int32_t> slot;  // (T, K)
  std::vector<int32_t> kept;  // (T, K)
  std::string problem;        // why a rule cannot be applied ("switch" with two choices a token), else empty
};

// Slots of one layer over the tokens it holds. With a simulated rule the group is the whole run; with a recorded one it is
// the prompt, and generated tokens keep every choice.
LayerDispatch dispatchOf(const Trace& trace, int layer);
LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options);

}  // namespace core
