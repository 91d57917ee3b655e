// Routed attention has two routers a layer: one chooses attention experts, one the block's. Everything that
// looks at a router looks at the block's; this makes a trace of the same run in which the attention router stands in
// its place, so that the same views show it: its logits, choices, weights, margin and entropy. It has no scores over
// all experts (the softmax is over the chosen) and no queue of its own: a model never drops its choices. What the
// chosen attention experts wrote is recorded as one part, attention, so the ledger is not in it.
#pragma once

#include <optional>

#include "core/trace/trace.h"

namespace core {

bool hasAttentionRouter(const ModelConfig& config);

// config().router is the attention router's. What is known of tokens and predictions is seen through.
Trace attentionRouting(const Trace& trace);

}  // namespace core
