// Who got a slot: recorded for families with a capacity rule, simulated on the recorded choices for the others when the
// run asked for it, none (every choice kept) otherwise. And what another rule or factor would have decided about the same
// choices: what a capacity slider shows while it is dragged.
//
// A simulated rule takes the whole run as one group, prompt and generated tokens together. For a family that drops
// choices itself the group is the prompt, as in the run: generated tokens come alone and keep every choice. Choices are
// served rank-major (core/routing/dispatch.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/trace/trace.h"

namespace core {

struct LayerDispatch {
  bool exists = false;     // a capacity rule acts or is simulated
  bool simulated = false;
  int capacity = 0;        // C
  int tokens = 0;          // T
  int group = 0;           // of them that queue together, from the first on; the others keep every choice
  std::vector<int32_t> slot;  // (T, K)
  std::vector<int32_t> kept;  // (T, K)
  std::string problem;        // why a rule cannot be applied ("switch" with two choices a token), else empty
};

// Slots of one layer over the tokens it holds.
LayerDispatch dispatchOf(const Trace& trace, int layer);
LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options);

// The dispatch of every layer under another rule and factor, as if the choices stayed what they are: (L), never null,
// ready for ui::ViewSource. Layers without a router do not exist in it; a rule that does not fit leaves its `problem`.
// Labelled simulated unless rule and factor are those the run itself was decided by. Same result for any number of
// threads. 4,096 tokens x 16 layers, top-8: a few milliseconds (tests/bench/replay_bench).
std::vector<std::shared_ptr<const LayerDispatch>> reDispatch(const Trace& trace, CapacityRule rule, double factor,
                                                             int threads = 2);

}  // namespace core
