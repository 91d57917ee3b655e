// expert-choice, global-choice, balanced-assignment and sinkhorn.
#include <vector>

#include "core/routing/balanced_assignment.h"
#include "core/routing/expert_choice.h"
#include "core/routing/global_choice.h"
#include "core/routing/load.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/sinkhorn.h"
#include "core/routing/spec_methods.h"
#include "core/routing/weights.h"

namespace core {
namespace {

nlohmann::json listJson(const std::vector<int32_t>& values) {
  return toJson(values, {static_cast<int>(values.size())});
}

}  // namespace

template <class S>
Result<nlohmann::json> specExpertChoice(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto rounding = in.choose<Rounding>("rounding", roundingFromName, "floor, ceil or half_even");
  if (in.failed()) return in.error();
  const int C = expertChoiceCapacity(T, E, K, rounding);
  const auto U = in.upstream<S>({E, C});
  if (in.failed()) return in.error();

  std::vector<S> probs(logits.values.size()), gradProbs(probs.size()), grad(probs.size());
  softmaxRows<S>(logits.values, E, probs);
  const ExpertChoice<S> choice = expertChoice<S>(probs, E, C);
  expertChoiceBackward<S>(choice, E, C, U.values, gradProbs);
  softmaxBackwardRows<S>(probs, gradProbs, E, grad);
  return nlohmann::json{{"capacity", C},
                        {"tokens", toJson(choice.tokens, {E, C})},
                        {"weights", toJson(choice.weights, {E, C})},
                        {"per_token", toJson(choice.perToken, {T})},
                        {"uncovered", listJson(choice.uncovered)},
                        {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specExpertChoice)

template <class S>
Result<nlohmann::json> specGlobalChoice(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto U = in.upstream<S>({T, E});
  const std::string score = in.word("score");
  if (score != "prob" && score != "logit") in.complain("score", "prob or logit", score);
  const bool renorm = in.flag("renorm");
  if (in.failed()) return in.error();

  std::vector<S> probs(U.values.size()), weights(probs.size()), gradProbs(probs.size()), grad(probs.size());
  softmaxRows<S>(logits.values, E, probs);
  const auto scores = std::span<const S>(score == "prob" ? probs : logits.values);
  const GlobalChoice choice = globalChoice<S>(scores, E, static_cast<size_t>(T) * static_cast<size_t>(K));
  globalWeights<S>(choice, probs, E, renorm, weights);
  globalWeightsBackward<S>(choice, probs, E, renorm, U.values, gradProbs);
  softmaxBackwardRows<S>(probs, gradProbs, E, grad);
  nlohmann::json pairs = nlohmann::json::array();
  for (TokenExpert pair : choice.pairs) pairs.push_back({pair.token, pair.expert});
  return nlohmann::json{{"pairs", pairs},
                        {"weights", toJson(weights, {T, E})},
                        {"per_token", toJson(choice.perToken, {T})},
                        {"load", toJson(choice.load, {E})},
                        {"uncovered", listJson(uncoveredTokens(choice.perToken))},
                        {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specGlobalChoice)

template <class S>
Result<nlohmann::json> specBalancedAssignment(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  if (T > 4096 || E > 256) in.complain("logits", "at most 4096 tokens and 256 experts", fmt::format("{} and {}", T, E));
  if (in.failed()) return in.error();
  auto assignment = balancedAssignment<S>(logits.values, E);
  if (!assignment) return failAt("logits", assignment.error());
  std::vector<int32_t> greedy(static_cast<size_t>(T));
  std::vector<S> weights(greedy.size());
  topK<S>(logits.values, E, 1, greedy);
  chosenWeights<S>(WeightForm::Sigmoid, 1, logits.values, E, assignment->expert, 1, weights);
  return nlohmann::json{{"expert", toJson(assignment->expert, {T})},
                        {"objective", toJson(assignment->objective)},
                        {"greedy", toJson(greedy, {T})},
                        {"weight", toJson(weights, {T})},
                        {"runner_up_gap", toJson(assignment->runnerUpGap)}};
}
INSTANTIATE_SPEC(specBalancedAssignment)

template <class S>
Result<nlohmann::json> specSinkhorn(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  SinkhornOptions options;
  options.maxIterations = 20000;
  if (in.has("tol")) options.tolerance = in.number("tol", 0, 1);
  if (in.has("eps")) options.eps = in.number("eps", 0, 1);
  if (in.failed()) return in.error();
  auto solved = sinkhorn<S>(logits.values, E, options);
  if (!solved) return failAt("logits", solved.error());
  std::vector<int32_t> ids(static_cast<size_t>(T) * static_cast<size_t>(K));
  std::vector<S> weights(ids.size());
  topK<S>(solved->plan, E, K, ids);
  chosenWeights<S>(K == 1 ? WeightForm::Sigmoid : WeightForm::Raw, 1, logits.values, E, ids, K, weights);
  return nlohmann::json{{"iterations", solved->iterations},
                        {"plan", toJson(solved->plan, {T, E})},
                        {"ids", toJson(ids, {T, K})},
                        {"weights", toJson(weights, {T, K})},
                        {"load", toJson(expertLoad(ids, E), {E})}};
}
INSTANTIATE_SPEC(specSinkhorn)

}  // namespace core
