// The routing hooks of the rows of one layer: what the engine handed out, and the margin and entropy derived from it.
#pragma once

#include "core/base/thread_pool.h"
#include "core/engine/intervention.h"
#include "core/engine/kernels/kernels.h"
#include "core/trace/trace.h"

namespace core {

Array floatArray(Hook hook, const float* rows, int tokens, int columns);
Array intArray(Hook hook, const int32_t* rows, int tokens, int columns);

// The hooks of one of a layer's two routers.
struct RouterHooks {
  Hook logits, ids, weights, margin, entropy;
};
constexpr RouterHooks kBlockRouter = {Hook::RouterLogits, Hook::RouterIds, Hook::RouterWeights, Hook::RouterMargin,
                                      Hook::RouterEntropy};
constexpr RouterHooks kAttentionRouter = {Hook::AttentionRouterLogits, Hook::AttentionRouterIds,
                                          Hook::AttentionRouterWeights, Hook::AttentionRouterMargin,
                                          Hook::AttentionRouterEntropy};

// -sum p ln p in nats, p = softmax(logits).
float softmaxEntropy(std::span<const float> logits /* (E) */, const kernels::Table& kernels);

// Appends them to block.arrays. `pool`: threads that may help, or null. `changed`: the rows whose choice was not the
// router's own.
void addRouting(const RouterConfig& router, const RouterHooks& hooks, const LayerTensors& rows,
                const kernels::Table& kernels, ThreadPool* pool, std::span<const ChangedChoice> changed, Block& block);

}  // namespace core
