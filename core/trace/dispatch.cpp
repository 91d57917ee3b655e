#include "core/trace/dispatch.h"

#include <algorithm>

#include "core/routing/score.h"

namespace core {
namespace {

constexpr std::string_view kOrderSetting = "order ";

// Queues of the group's tokens; those after them keep every choice. Only rules that do not fit refuse; then all are
// kept.
void decide(const Trace& trace, int layer, std::vector<int32_t> ids, const CapacityOptions& options,
            LayerDispatch& out) {
  const RunInfo& info = trace.info();
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
  DispatchOptions<float> rules;
  const bool ragged = std::any_of(ids.begin(), ids.end(), [](int32_t id) { return id < 0; });
  if (info.replay && !ragged) rules.order = orderInSettings(info.replay->settings);
  if (rules.order == ServingOrder::RankMajor) {
    queueChoices(ids, router.experts, router.chosen, *slots, out.slot, out.kept);
  } else {
    rules.capacity = *slots;
    const std::vector<float> probs = chosenProbabilities(trace, layer, ids, router.chosen);
    const Dispatch decided = dispatch<float>(ids, probs, router.experts, router.chosen, rules);
    out.slot = decided.slot;
    out.kept.assign(decided.kept.begin(), decided.kept.end());
  }
  out.slot.resize(all, 0);
  out.kept.resize(all, 1);
}

}  // namespace

std::string orderSetting(ServingOrder order) {
  return std::string(kOrderSetting) + std::string(servingOrderName(order));
}

ServingOrder orderInSettings(std::string_view settings) {
  while (!settings.empty()) {
    const size_t end = std::min(settings.find(", "), settings.size());
    const std::string_view one = settings.substr(0, end);
    if (one.substr(0, kOrderSetting.size()) == kOrderSetting) {
      return servingOrderFromName(one.substr(kOrderSetting.size())).value_or(ServingOrder::RankMajor);
    }
    settings.remove_prefix(std::min(settings.size(), end + 2));
  }
  return ServingOrder::RankMajor;
}

std::vector<float> chosenProbabilities(const Trace& trace, int layer, std::span<const int32_t> ids, int K) {
  const int experts = trace.config().router.experts, tokens = static_cast<int>(ids.size()) / K;
  std::vector<float> softmax = trace.gatherFloats(Hook::RouterLogits, layer, 0, tokens);
  if (softmax.empty()) return std::vector<float>(ids.size());
  softmaxRows<float>(softmax, experts, softmax);
  std::vector<float> probs(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0) continue;
    const size_t token = i / static_cast<size_t>(K);
    probs[i] = softmax[token * static_cast<size_t>(experts) + static_cast<size_t>(ids[i])];
  }
  return probs;
}

LayerDispatch simulateDispatch(const Trace& trace, int layer, const CapacityOptions& options) {
  LayerDispatch out;
  out.group = out.tokens = trace.tokens(Stream::Layer, layer);
  std::vector<int32_t> ids = trace.gatherInts(Hook::RouterIds, layer, 0, out.tokens);
  if (ids.empty()) return out;
  out.exists = true;
  out.simulated = true;
  if (trace.config().router.dropsChoices) out.group = std::min(out.tokens, trace.promptTokens());
  decide(trace, layer, std::move(ids), options, out);
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
