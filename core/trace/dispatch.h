// Who got a slot: recorded for families with a capacity rule, simulated on the recorded choices for the others when the
// run asked for it, none (every choice kept) otherwise. Another rule or factor is laid over a run by Trace::withInfo.
//
// A simulated rule takes the whole run as one group, prompt and generated tokens together. For a family that drops
// choices itself the prompt queues, as in the run: generated tokens come alone and keep every choice. Choices are
// served rank-major, those of a replay in the order and the groups it was asked for (core/routing/serving.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/routing/serving.h"
#include "core/trace/trace.h"

namespace core {

struct LayerDispatch {
  bool exists = false;  // a capacity rule acts or is simulated
  bool simulated = false;
  int tokens = 0;             // T
  int queued = 0;             // of them that queue, from the first on; the others keep every choice
  int group = 0;              // tokens of a full group among those; all of them if there is one
  int capacity = 0;           // C of a full group
  int lastCapacity = 0;       // of the last group, which may be shorter
  std::vector<int32_t> slot;  // (T, K)
  std::vector<int32_t> kept;  // (T, K)
  std::string problem;        // why a rule cannot be applied ("switch" with two choices a token), else empty

  // The tokens that queue with a token (with the last that does, for one that comes alone), and their slots an expert.
  TokenRange groupOf(int token) const { return groupAt(token, queued, group); }
  int capacityAt(int token) const { return groupOf(token).count < group ? lastCapacity : capacity; }
};

// The order and the groups in which choices queue: those that a replay was asked for.
Serving servingOf(const Trace& trace);

// Decides capacities, slot and kept of choices `ids` (T, K) in `out`, whose `tokens` and `queued` are set. `columns` is
// K, `chosen` the k that rules count. `probs` (queued, K) as QueueOrder has them. Errors: a rule that does not fit.
struct ServedChoices {
  std::span<const int32_t> ids;
  std::span<const float> probs;
  int layer = 0, experts = 0, columns = 0, chosen = 0;
};
Status serve(const ServedChoices& choices, const CapacityOptions& options, const Serving& serving, LayerDispatch& out);

// Softmax probabilities of the first tokens' choices `ids` (T, K), from the recorded logits; empty for an order that
// does not read them.
std::vector<float> servingProbabilities(const Trace& trace, int layer, std::span<const int32_t> ids, int K,
                                        ServingOrder order);

// Slots of one layer over the tokens it holds.
LayerDispatch dispatchOf(const Trace& trace, int layer);
LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options);

}  // namespace core
