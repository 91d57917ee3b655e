// grouped-topk and bias-update.
#include <vector>

#include "core/routing/bias_update.h"
#include "core/routing/grouped.h"
#include "core/routing/load.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/spec_methods.h"

namespace core {

template <class S>
Result<nlohmann::json> specGroupedTopk(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  GroupLimits limits;
  limits.groups = in.integer("groups", 1, E);
  if (!in.failed() && E % limits.groups != 0)
    in.complain("groups", fmt::format("a divisor of {} experts", E), std::to_string(limits.groups));
  limits.groupsChosen = in.integer("topk_groups", 1, limits.groups);
  const int K = in.integer("k", 1, in.failed() ? 1 : limits.groupsChosen * (E / limits.groups));
  const std::string score = in.word("score"), groupScore = in.word("group_score");
  if (score != "softmax" && score != "sigmoid") in.complain("score", "softmax or sigmoid", score);
  if (groupScore != "max" && groupScore != "top2sum") in.complain("group_score", "max or top2sum", groupScore);
  limits.score = groupScore == "max" ? GroupScore::Max : GroupScore::SumOfTopTwo;
  const bool renorm = in.flag("renorm");
  const S scale = static_cast<S>(in.number("scale", -1e6, 1e6));
  const auto bias = in.has("bias") ? in.array<S>("bias", {E}) : SpecArray<S>{};
  const auto U = in.upstream<S>({T, K});
  if (in.failed()) return in.error();

  const size_t tokens = static_cast<size_t>(T), size = logits.values.size();
  const bool sigmoids = score == "sigmoid";
  std::vector<S> scores(size), selection(size), groupScores(tokens * static_cast<size_t>(limits.groups)),
      weights(U.values.size());
  std::vector<int32_t> groupIds(tokens * static_cast<size_t>(limits.groupsChosen)), ids(U.values.size());
  if (sigmoids) {
    sigmoidRow<S>(logits.values, scores);
  } else {
    softmaxRows<S>(logits.values, E, scores);
  }
  groupedSelection<S>(scores, bias.values, E, limits, selection, groupScores, groupIds);
  topK<S>(selection, E, K, ids);
  scoreWeights<S>(scores, E, ids, K, renorm, scale, weights);

  std::vector<S> gradScores(size), grad(size);
  scoreWeightsBackward<S>(scores, E, ids, K, renorm, scale, U.values, gradScores);
  if (sigmoids) {
    sigmoidBackwardRow<S>(scores, gradScores, grad);
  } else {
    softmaxBackwardRows<S>(scores, gradScores, E, grad);
  }
  return nlohmann::json{{"scores", toJson(scores, {T, E})},
                        {"group_scores", toJson(groupScores, {T, limits.groups})},
                        {"group_ids", toJson(groupIds, {T, limits.groupsChosen})},
                        {"selection", toJson(selection, {T, E})},
                        {"ids", toJson(ids, {T, K})},
                        {"weights", toJson(weights, {T, K})},
                        {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specGroupedTopk)

// Steps in a row: ids = top-k(sigmoid(l) + bias), then the bias moves.
template <class S>
Result<nlohmann::json> specBiasUpdate(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny, kAny});
  const int steps = logits.dim(0), T = logits.dim(1), E = logits.dim(2);
  const int K = in.integer("k", 1, E);
  const S gamma = static_cast<S>(in.number("gamma", 0, 1e6));
  auto bias = in.array<S>("bias", {E});
  if (in.failed()) return in.error();
  nlohmann::json out = nlohmann::json::array();
  const size_t size = static_cast<size_t>(T) * static_cast<size_t>(E);
  std::vector<S> scores(size), selection(size);
  std::vector<int32_t> ids(static_cast<size_t>(T) * static_cast<size_t>(K));
  for (int step = 0; step < steps; ++step) {
    sigmoidRow<S>(std::span(logits.values).subspan(static_cast<size_t>(step) * size, size), scores);
    groupedSelection<S>(scores, bias.values, E, {}, selection);
    topK<S>(selection, E, K, ids);
    const std::vector<int32_t> load = expertLoad(ids, E);
    updateSelectionBias<S>(load, gamma, bias.values);
    out.push_back(
        {{"ids", toJson(ids, {T, K})}, {"load", toJson(load, {E})}, {"bias_after", toJson(bias.values, {E})}});
  }
  return nlohmann::json{{"steps", out}};
}
INSTANTIATE_SPEC(specBiasUpdate)

}  // namespace core
