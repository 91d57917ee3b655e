#include "core/trace/dispatch.h"

#include <algorithm>

#include "core/routing/dispatch.h"

namespace core {
namespace {

// Slots of T tokens that queue as one group, rank-major. Only rules with one choice a token refuse; then all are kept.
void decide(const std::vector<int32_t>& ids, int T, const RouterConfig& router, const CapacityOptions& options,
            LayerDispatch& out) {
  const CapacityInput input{T, router.experts, router.chosen, options.factor, options.minCapacity};
  const Result<int64_t> slots = capacity(options.rule, input);
  if (!slots) {
    out.exists = false;
    out.problem = slots.error().message;
    return;
  }
  out.capacity = static_cast<int>(std::min<int64_t>(*slots, INT32_MAX));
  DispatchOptions<float> rules;
  rules.capacity = *slots;
  const Dispatch decided = dispatch<float>(ids, {}, router.experts, router.chosen, rules);
  out.slot = decided.slot;
  out.kept.assign(decided.kept.begin(), decided.kept.end());
}

}  // namespace

LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options) {
  LayerDispatch out;
  out.tokens = trace.tokens(Stream::Layer, layer);
  const std::vector<int32_t> ids = trace.gatherInts(Hook::RouterIds, layer, 0, out.tokens);
  if (ids.empty()) return out;
  out.exists = true;
  out.simulated = true;
  decide(ids, out.tokens, trace.config().router, options, out);
  return out;
}

LayerDispatch dispatchOf(const Trace& trace, int layer) {
  const CapacityOptions& options = trace.info().capacity;
  if (!options.active) {
    LayerDispatch none;
    none.tokens = trace.tokens(Stream::Layer, layer);
    return none;
  }
  if (options.simulated) return simulateDispatch(trace, layer, options);

  LayerDispatch out;
  out.tokens = trace.tokens(Stream::Layer, layer);
  out.slot = trace.gatherInts(Hook::RouterSlot, layer, 0, out.tokens);
  out.kept = trace.gatherInts(Hook::RouterKept, layer, 0, out.tokens);
  out.exists = !out.slot.empty();
  if (!out.exists) return out;
  const RouterConfig& router = trace.config().router;
  const Result<int64_t> slots =
      capacity(options.rule, {trace.promptTokens(), router.experts, router.chosen, options.factor, options.minCapacity});
  if (slots) out.capacity = static_cast<int>(std::min<int64_t>(*slots, INT32_MAX));
  return out;
}

}  // namespace core
