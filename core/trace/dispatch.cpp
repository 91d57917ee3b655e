#include "core/trace/dispatch.h"

#include <algorithm>

#include "core/base/uniform.h"
#include "core/routing/score.h"

namespace core {
namespace {

int slotsOf(int64_t capacity) { return static_cast<int>(std::min<int64_t>(capacity, INT32_MAX)); }

CapacityInput inputOf(const Trace& trace, int tokens, const CapacityOptions& options) {
  const RouterConfig& router = trace.config().router;
  const std::optional<ReplayOrigin>& replay = trace.info().replay;
  return {tokens, router.experts, replay ? replay->k : router.chosen, options.factor, options.minCapacity};
}


// The recorded scores are that softmax, and are not a replay's own.
bool holdsSoftmax(const Trace& trace, int layer) {
  const RouterConfig& router = trace.config().router;
  if (router.score != ScoreFunction::Softmax || router.logitNorm > 0) return false;
  if (!trace.has(Hook::RouterScores, layer)) return false;
  if (!trace.info().replay) return true;
  const auto& own = trace.blocks(Stream::Layer, layer);
  return std::none_of(own.begin(), own.end(), [](const auto& block) { return block->find(Hook::RouterScores); });
}

}  // namespace

Serving servingOf(const Trace& trace) { return trace.info().replay ? trace.info().replay->serving : Serving{}; }

Status serve(const ServedChoices& choices, const CapacityOptions& options, const Serving& serving, LayerDispatch& out) {
  const auto K = static_cast<size_t>(choices.columns);
  out.group = serving.groupSize(out.queued);
  out.slot.resize(choices.ids.size());
  out.kept.resize(choices.ids.size());
  for (size_t at = static_cast<size_t>(out.queued) * K; at < choices.ids.size(); ++at) {
    out.slot[at] = choices.ids[at] < 0 ? -1 : 0;
    out.kept[at] = choices.ids[at] < 0 ? 0 : 1;
  }
  for (const TokenRange& group : groupsOf(out.queued, out.group)) {
    TRY_ASSIGN(const int64_t slots, capacity(options.rule, {group.count, choices.experts, choices.chosen,
                                                            options.factor, options.minCapacity}));
    out.lastCapacity = slotsOf(slots);
    if (group.first == 0) out.capacity = out.lastCapacity;
    const size_t at = static_cast<size_t>(group.first) * K, count = static_cast<size_t>(group.count) * K;
    QueueOrder order{serving.order, {}, serving.seed, tokenStream(choices.layer, group.first)};
    if (!choices.probs.empty()) order.probs = choices.probs.subspan(at, count);
    placeInQueues(choices.ids.subspan(at, count), choices.experts, choices.columns, slots, order,
                  std::span(out.slot).subspan(at, count), std::span(out.kept).subspan(at, count));
  }
  return {};
}

std::vector<float> servingProbabilities(const Trace& trace, int layer, std::span<const int32_t> ids, int K,
                                        ServingOrder order) {
  if (order != ServingOrder::BatchPriority && order != ServingOrder::ByScore) return {};
  const int experts = trace.config().router.experts, tokens = static_cast<int>(ids.size()) / K;
  const bool known = holdsSoftmax(trace, layer);
  std::vector<float> softmax = trace.gatherFloats(known ? Hook::RouterScores : Hook::RouterLogits, layer, 0, tokens);
  std::vector<float> probs(ids.size());
  if (softmax.empty()) return probs;
  if (!known) softmaxRows<float>(softmax, experts, softmax);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0) continue;
    const size_t token = i / static_cast<size_t>(K);
    probs[i] = softmax[token * static_cast<size_t>(experts) + static_cast<size_t>(ids[i])];
  }
  return probs;
}

// Only rules that do not fit refuse; then all are kept.
LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options) {
  LayerDispatch out;
  out.queued = out.group = out.tokens = trace.tokens(Stream::Layer, layer);
  const std::vector<int32_t> ids = trace.gatherInts(Hook::RouterIds, layer, 0, out.tokens);
  if (ids.empty()) return out;
  out.exists = true;
  out.simulated = true;
  const RouterConfig& router = trace.config().router;
  if (router.dropsChoices) out.queued = std::min(out.tokens, trace.promptTokens());
  const Serving serving = servingOf(trace);
  const auto queued =
      std::span(ids).first(std::min(ids.size(), static_cast<size_t>(out.queued) * static_cast<size_t>(router.chosen)));
  const std::vector<float> probs = servingProbabilities(trace, layer, queued, router.chosen, serving.order);
  const CapacityInput input = inputOf(trace, out.queued, options);
  const Status served =
      serve({ids, probs, layer, router.experts, router.chosen, static_cast<int>(input.K)}, options, serving, out);
  if (served) return out;
  LayerDispatch refused;
  refused.simulated = true;
  refused.tokens = out.tokens;
  refused.queued = refused.group = out.queued;
  refused.problem = served.error().message;
  return refused;
}

LayerDispatch dispatchOf(const Trace& trace, int layer) {
  const CapacityOptions& options = trace.info().capacity;
  if (!options.active) {
    LayerDispatch none;
    none.queued = none.group = none.tokens = trace.tokens(Stream::Layer, layer);
    return none;
  }
  const std::optional<ReplayOrigin>& replay = trace.info().replay;
  const bool kept = replay && replay->rule == options.rule && replay->factor == options.factor;
  if (options.simulated && !kept) return simulateDispatch(trace, layer, options);

  LayerDispatch out;
  out.simulated = options.simulated;  // by a replay, which keeps what it decided
  out.tokens = trace.tokens(Stream::Layer, layer);
  const bool prompt = !out.simulated || trace.config().router.dropsChoices;
  out.queued = prompt ? std::min(out.tokens, trace.promptTokens()) : out.tokens;
  // A run that is still in its prompt has the slots of the whole of it.
  const int all = out.simulated ? out.queued : trace.promptTokens();
  out.group = servingOf(trace).groupSize(out.queued);
  out.slot = trace.gatherInts(Hook::RouterSlot, layer, 0, out.tokens);
  out.kept = trace.gatherInts(Hook::RouterKept, layer, 0, out.tokens);
  out.exists = !out.slot.empty();
  if (!out.exists) return out;
  const int size = servingOf(trace).groupSize(all), last = groupAt(all - 1, all, size).count;
  if (const auto slots = capacity(options.rule, inputOf(trace, size, options))) out.capacity = slotsOf(*slots);
  if (const auto slots = capacity(options.rule, inputOf(trace, last, options))) out.lastCapacity = slotsOf(*slots);
  return out;
}

}  // namespace core
