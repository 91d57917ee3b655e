#include "core/trace/routing_rows.h"

#include <cmath>

#include "core/base/row_loop.h"
#include "core/routing/policy_record.h"

namespace core {
namespace {

// Where the scores are not the softmax of the raw logits, they are the distribution.
float entropyOf(const RouterConfig& router, const float* logits, const float* scores, const kernels::Table& kernels,
                std::vector<float>& probability) {
  const auto E = static_cast<size_t>(router.experts);
  if ((router.score == ScoreFunction::Sigmoid || router.logitNorm > 0) && scores) {
    return scoreEntropy({scores, E}, probability);
  }
  return softmaxEntropy({logits, E}, kernels);
}

}  // namespace

float softmaxEntropy(std::span<const float> logits, const kernels::Table& kernels) {
  float top = 0;
  double sum = 0, moment = 0;
  kernels.softmaxSums(logits.data(), static_cast<int>(logits.size()), &top, &sum, &moment);
  return static_cast<float>(std::log(sum) - moment / sum);
}

Array floatArray(Hook hook, const float* rows, int tokens, int columns) {
  return {hook, columns, std::vector<float>(rows, rows + static_cast<int64_t>(tokens) * columns), {}};
}

Array intArray(Hook hook, const int32_t* rows, int tokens, int columns) {
  return {hook, columns, {}, std::vector<int32_t>(rows, rows + static_cast<int64_t>(tokens) * columns)};
}

void addRouting(const RouterConfig& router, const RouterHooks& hooks, const LayerTensors& rows,
                const kernels::Table& kernels, ThreadPool* pool, std::span<const ChangedChoice> changed, Block& block) {
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
      margin.floats[static_cast<size_t>(t)] = marginOf(
          {selection + at, static_cast<size_t>(E)}, {rows.ids + static_cast<int64_t>(t) * K, static_cast<size_t>(K)});
      spread.floats[static_cast<size_t>(t)] = entropyOf(
          router, rows.routerLogits + at, rows.routerScores ? rows.routerScores + at : nullptr, kernels, probability);
    }
  });
  for (const ChangedChoice& choice : changed) {
    margin.floats[static_cast<size_t>(choice.row)] = choice.margin;
    spread.floats[static_cast<size_t>(choice.row)] = choice.entropy;
  }
  block.arrays.push_back(std::move(margin));
  block.arrays.push_back(std::move(spread));
}

}  // namespace core
