// dispatch and capacity-rules.
#include <vector>

#include "core/routing/capacity.h"
#include "core/routing/dispatch.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/spec_methods.h"
#include "core/routing/weights.h"

namespace core {
namespace {

constexpr int kLargest = 1 << 30;

nlohmann::json orderJson(const std::vector<Choice>& order) {
  nlohmann::json out = nlohmann::json::array();
  for (Choice choice : order) out.push_back({choice.token, choice.rank});
  return out;
}

void checkPermutation(SpecCase& in, const SpecArray<int32_t>& order) {
  std::vector<bool> seen(order.values.size());
  for (int32_t t : order.values) {
    if (seen[static_cast<size_t>(t)]) return in.complain("perm", "every token once", fmt::format("token {} twice", t));
    seen[static_cast<size_t>(t)] = true;
  }
}

}  // namespace

template <class S>
Result<nlohmann::json> specDispatch(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto U = in.upstream<S>({T, K});
  DispatchOptions<S> options;
  options.order = in.choose<ServingOrder>("order", servingOrderFromName,
                                          "rank_major, token_major, batch_priority, by_score or permuted");
  const auto form = in.choose<DropWeights>("weights", dropWeightsFromName, "before, after or raw");
  if (in.has("C")) options.capacity = in.integer("C", 0, kLargest);
  SpecArray<int32_t> perm;
  SpecArray<S> u;
  if (options.order == ServingOrder::Permuted) {
    perm = in.ids("perm", {T}, 0, T - 1);
    if (!in.failed()) checkPermutation(in, perm);
  }
  if (in.has("second_threshold")) {
    options.secondThreshold = static_cast<S>(in.number("second_threshold", 1e-30, 1e30));
    u = in.array<S>("u", {T});
  }
  if (in.failed()) return in.error();
  options.tokenOrder = perm.values;
  options.u = u.values;

  std::vector<int32_t> ids(U.values.size());
  std::vector<S> probs(logits.values.size()), chosen(ids.size()), weights(ids.size());
  topK<S>(logits.values, E, K, ids);
  softmaxRows<S>(logits.values, E, probs);
  gatherChosen<S>(probs, E, ids, K, chosen);
  const Dispatch served = dispatch<S>(ids, chosen, E, K, options);
  weightsAfterDrop<S>(form, chosen, served.kept, K, weights);

  std::vector<S> gradChosen(ids.size()), gradProbs(probs.size()), gradLogits(probs.size());
  weightsAfterDropBackward<S>(form, chosen, served.kept, K, U.values, gradChosen);
  scatterChosen<S>(gradChosen, E, ids, K, gradProbs);
  softmaxBackwardRows<S>(probs, gradProbs, E, gradLogits);
  return nlohmann::json{{"ids", toJson(ids, {T, K})},
                        {"p", toJson(chosen, {T, K})},
                        {"order", orderJson(served.order)},
                        {"slot", toJson(served.slot, {T, K})},
                        {"kept", toJson(served.kept, {T, K})},
                        {"asked", toJson(served.asked, {E})},
                        {"served", toJson(served.served, {E})},
                        {"weights", toJson(weights, {T, K})},
                        {"dropped_choices", toJson(served.droppedChoices())},
                        {"dropped_any", toJson(served.droppedAny(K))},
                        {"dropped_all", toJson(served.droppedAll(K))},
                        {"grad_logits", toJson(gradLogits, {T, E})}};
}
INSTANTIATE_SPEC(specDispatch)

// One form only: the rules say themselves in which precision they compute. `switch` serves one choice a token and is
// left out for more.
template <class S>
Result<nlohmann::json> specCapacityRules(SpecCase& in) {
  CapacityInput input;
  input.T = in.integer("T", 0, kLargest);
  input.E = in.integer("E", 1, kLargest);
  input.K = in.integer("k", 1, kLargest);
  input.factor = in.number("cf", 0, 1e6);
  if (in.has("min_capacity")) input.minimum = in.integer("min_capacity", 0, kLargest);
  if (in.failed()) return in.error();
  nlohmann::json out = nlohmann::json::object();
  for (CapacityRule rule : kCapacityRules) {
    if (rule == CapacityRule::Switch && input.K != 1) continue;
    TRY_ASSIGN(const int64_t slots, capacity(rule, input));
    out[std::string(capacityRuleName(rule))] = slots;
  }
  return out;
}
INSTANTIATE_SPEC(specCapacityRules)

}  // namespace core
