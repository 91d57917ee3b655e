// From raw router logits to dispatch, by the functions of core/routing: the CPU engine's router, and the oracle for the
// GPU's.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/base/thread_pool.h"
#include "core/model/config.h"
#include "core/routing/dispatch.h"

namespace core {

struct Routing {
  std::vector<float> scores;      // (T, E), empty where nothing is scored before the choice
  std::vector<float> selection;   // (T, E), empty where top-k saw the scores or the logits
  std::vector<int32_t> ids;       // (T, K)
  std::vector<float> weights;     // (T, K), not zeroed where dropped
  std::vector<int32_t> kept;      // (T, K), empty for dropless routing
  std::vector<int32_t> slot;      // (T, K), likewise
  ExpertBatches batches;          // kept choices by expert
};

// Slots an expert for a group of T tokens; none when nothing is dropped: a dropless family, or a single token.
// Errors: a rule that does not go with this router.
Result<std::optional<int64_t>> slotsFor(const RouterConfig& router, int T, std::optional<CapacityRule> rule,
                                        std::optional<double> factor);

// logits (T, E), selectionBias (E) or empty; `pool`: threads that may help, or null
Routing route(const RouterConfig& router, const float* logits, std::span<const float> selectionBias, int T,
              std::optional<int64_t> slots, ThreadPool* pool = nullptr);

}  // namespace core
