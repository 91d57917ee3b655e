#include "core/trace/dispatch.h"

#include <algorithm>

#include "core/routing/dispatch.h"

namespace core {
namespace {

// Queues of the group's tokens; those after them keep every choice. Only rules that do not fit refuse; then all are
// kept.
void decide(std::vector<int32_t> ids, const RunInfo& info, const CapacityOptions& options, LayerDispatch& out) {
  const RouterConfig& router = info.config->router;
  const CapacityInput input{out.group, router.experts, info.replay ? info.replay->k : router.chosen, options.factor,
                            options.minCapacity};
  const Result<int64_t> slots = capacity(options.rule, input);
  if (!slots) {
    out.exists = false;
    out.problem = slots.error().message;
    return;
  }
  out.capacity = static_cast<int>(std::min<int64_t>(*slots, INT32_MAX));
  const size_t all = ids.size(), queued = static_cast<size_t>(out.group) * static_cast<size_t>(router.chosen);
  ids.resize(std::min(all, queued));
  queueChoices(ids, router.experts, router.chosen, *slots, out.slot, out.kept);
  out.slot.resize(all, 0);
  out.kept.resize(all, 1);
}

}  // namespace

LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options) {
  LayerDispatch out;
  out.group = out.tokens = trace.tokens(Stream::Layer, layer);
  std::vector<int32_t> ids = trace.gatherInts(Hook::RouterIds, layer, 0, out.tokens);
  if (ids.empty()) return out;
  out.exists = true;
  out.simulated = true;
  if (trace.config().router.dropsChoices) out.group = std::min(out.tokens, trace.promptTokens());
  decide(std::move(ids), trace.info(), options, out);
  return out;
}

LayerDispatch dispatchOf(const Trace& trace, int layer) {
  const CapacityOptions& options = trace.info().capacity;
  if (!options.active) {
    LayerDispatch none;
    none.group = none.tokens = trace.tokens(Stream::Layer, layer);
    return none;
  }
  const std::optional<ReplayOrigin>& replay = trace.info().replay;
  const bool kept = replay && replay->rule == options.rule && replay->factor == options.factor;
  if (options.simulated && !kept) return simulateDispatch(trace, layer, options);

  LayerDispatch out;
  out.simulated = options.simulated;  // by a replay, which keeps what it decided
  out.tokens = trace.tokens(Stream::Layer, layer);
  const bool prompt = !out.simulated || trace.config().router.dropsChoices;
  out.group = prompt ? std::min(out.tokens, trace.promptTokens()) : out.tokens;
  out.slot = trace.gatherInts(Hook::RouterSlot, layer, 0, out.tokens);
  out.kept = trace.gatherInts(Hook::RouterKept, layer, 0, out.tokens);
  out.exists = !out.slot.empty();
  if (!out.exists) return out;
  const RouterConfig& router = trace.config().router;
  const RunInfo& info = trace.info();
  const Result<int64_t> slots =
      capacity(options.rule, {out.simulated ? out.group : trace.promptTokens(), router.experts,
                              info.replay ? info.replay->k : router.chosen, options.factor, options.minCapacity});
  if (slots) out.capacity = static_cast<int>(std::min<int64_t>(*slots, INT32_MAX));
  return out;
}

}  // namespace core
