#include "core/trace/routing_rows.h"

#include <cmath>

#include "core/routing/score.h"
#include "core/base/row_loop.h"

namespace core {
namespace {

// The gap from the last chosen to the best that was passed over, on what top-k saw. Masked experts (other groups) were no
// choice: with nothing else to choose there is no margin, NaN.
float marginOf(const float* selection, const int32_t* ids, int E, int K) {
  while (K > 1 && ids[K - 1] < 0) --K;  // a changed routing may give a token fewer: -1 behind its last one
  if (ids[K - 1] < 0) return NAN;
  float next = -INFINITY;
  for (int e = 0; e < E; ++e) {
    if (selection[e] <= next) continue;
    bool chosen = false;
    for (int j = 0; j < K; ++j) chosen |= ids[j] == e;
    if (!chosen) next = selection[e];
  }
  return next > -INFINITY ? selection[ids[K - 1]] - next : NAN;
}

// Where the scores are not the softmax of the raw logits, they are the distribution.
float entropyOf(const RouterConfig& router, const float* logits, const float* scores, const kernels::Table& kernels,
                std::vector<float>& probability) {
  const int E = router.experts;
  if ((router.score == ScoreFunction::Sigmoid || router.logitNorm > 0) && scores) {
    float sum = 0;
    probability.resize(static_cast<size_t>(E));
    for (int e = 0; e < E; ++e) sum += probability[static_cast<size_t>(e)] = scores[e];
    for (float& p : probability) p /= sum > 0 ? sum : 1;
    return entropy<float>(probability);
  }
  float top = 0;
  double sum = 0, moment = 0;
  kernels.softmaxSums(logits, E, &top, &sum, &moment);
  return static_cast<float>(std::log(sum) - moment / sum);
}

}  // namespace

Array floatArray(Hook hook, const float* rows, int tokens, int columns) {
  return {hook, columns, std::vector<float>(rows, rows + static_cast<int64_t>(tokens) * columns), {}};
}

Array intArray(Hook hook, const int32_t* rows, int tokens, int columns) {
  return {hook, columns, {}, std::vector<int32_t>(rows, rows + static_cast<int64_t>(tokens) * columns)};
}

void addRouting(const RouterConfig& router, const RouterHooks& hooks, const LayerTensors& rows, const kernels::Table& kernels, ThreadPool* pool,
                Block& block) {
  const int T = rows.tokens, E = router.experts, K = router.chosen;
  block.arrays.reserve(block.arrays.size() + 9);
  block.arrays.push_back(floatArray(hooks.logits, rows.routerLogits, T, E));
  if (rows.routerScores) block.arrays.push_back(floatArray(Hook::RouterScores, rows.routerScores, T, E));
  if (rows.routerSelection) block.arrays.push_back(floatArray(Hook::RouterSelection, rows.routerSelection, T, E));
  block.arrays.push_back(intArray(hooks.ids, rows.ids, T, K));
  block.arrays.push_back(floatArray(hooks.weights, rows.weights, T, K));
  if (rows.kept) {
    block.arrays.push_back(intArray(Hook::RouterKept, rows.kept, T, K));
    block.arrays.push_back(intArray(Hook::RouterSlot, rows.slot, T, K));
  }
  Array margin{hooks.margin, 1, std::vector<float>(static_cast<size_t>(T)), {}};
  Array spread{hooks.entropy, 1, std::vector<float>(static_cast<size_t>(T)), {}};
  const float* selection = rows.routerSelection ? rows.routerSelection
                           : rows.routerScores  ? rows.routerScores
                                                : rows.routerLogits;
  forRows(pool, T, [&](int begin, int end) {
    std::vector<float> probability;
    for (int t = begin; t < end; ++t) {
      const int64_t at = static_cast<int64_t>(t) * E;
      margin.floats[static_cast<size_t>(t)] = marginOf(selection + at, rows.ids + static_cast<int64_t>(t) * K, E, K);
      spread.floats[static_cast<size_t>(t)] = entropyOf(
          router, rows.routerLogits + at, rows.routerScores ? rows.routerScores + at : nullptr, kernels, probability);
    }
  });
  block.arrays.push_back(std::move(margin));
  block.arrays.push_back(std::move(spread));
}

}  // namespace core
