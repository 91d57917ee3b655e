// Who got a slot: recorded for families with a capacity rule, simulated on the recorded choices for the others when the
// run asked for it, none (every choice kept) otherwise. Another rule or factor is laid over a run by Trace::withInfo.
//
// A simulated rule takes the whole run as one group, prompt and generated tokens together. For a family that drops
// choices itself the group is the prompt, as in the run: generated tokens come alone and keep every choice. Choices are
// served rank-major (core/routing/dispatch.h), those of a replay in the order it was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/routing/dispatch.h"
#include "core/trace/trace.h"

namespace core {

struct LayerDispatch {
  bool exists = false;  // a capacity rule acts or is simulated
  bool simulated = false;
  int capacity = 0;           // C
  int tokens = 0;             // T
  int group = 0;              // of them that queue together, from the first on; the others keep every choice
  std::vector<int32_t> slot;  // (T, K)
  std::vector<int32_t> kept;  // (T, K)
  std::string problem;        // why a rule cannot be applied ("switch" with two choices a token), else empty
};

// How a replay's settings name the order its choices are served in, and the order that settings name (rank-major if
// none).
std::string orderSetting(ServingOrder order);
ServingOrder orderInSettings(std::string_view settings);

// Softmax probabilities of the first tokens' choices `ids` (T, K), from the recorded logits.
std::vector<float> chosenProbabilities(const Trace& trace, int layer, std::span<const int32_t> ids, int K);

// Slots of one layer over the tokens it holds.
LayerDispatch dispatchOf(const Trace& trace, int layer);
LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options);

}  // namespace core
