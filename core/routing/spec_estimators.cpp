// noisy-topk, gumbel, straight-through, reinforce and differentiable-topk.
#include <algorithm>
#include <vector>

#include "core/routing/gumbel.h"
#include "core/routing/importance_load.h"
#include "core/routing/noisy_top_k.h"
#include "core/routing/reinforce.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/soft_top_k.h"
#include "core/routing/spec_methods.h"
#include "core/routing/straight_through.h"
#include "core/routing/weights.h"

namespace core {

template <class S>
Result<nlohmann::json> specNoisyTopk(SpecCase& in) {
  const auto x = in.array<S>("x", {kAny, kAny});
  const int T = x.dim(0), D = x.dim(1);
  const auto wg = in.array<S>("Wg", {D, kAny});
  const int E = wg.dim(1);
  const auto wn = in.array<S>("Wn", {D, E}), noise = in.array<S>("noise", {T, E}), U = in.upstream<S>({T, E});
  const int K = in.integer("k", 1, E);
  const S eps = in.has("noise_eps") ? static_cast<S>(in.number("noise_eps", 0, 1e6)) : S{0};
  if (in.failed()) return in.error();

  const NoisyTopK<S> out = noisyTopK<S>(x.values, wg.values, wn.values, noise.values, D, E, K, eps);
  const VariationForm<S> form{false, static_cast<S>(1e-10)};
  nlohmann::json result = {{"clean", toJson(out.clean, {T, E})},
                           {"std", toJson(out.std, {T, E})},
                           {"noisy", toJson(out.noisy, {T, E})},
                           {"ids", toJson(out.ids, {T, K})},
                           {"weights", toJson(out.weights, {T, K})},
                           {"gates", toJson(out.gates, {T, E})},
                           {"importance", toJson(out.importance, {E})},
                           {"load", toJson(out.load, {E})},
                           {"importance_loss", toJson(squaredVariation<S>(out.importance, form))},
                           {"load_loss", toJson(squaredVariation<S>(out.load, form))}};
  const auto addGradients = [&](const std::string& name, std::span<const S> gradGates, std::span<const S> gradProbs) {
    std::vector<S> gradX(x.values.size()), gradWg(wg.values.size()), gradWn(wn.values.size());
    noisyTopKBackward<S>(out, x.values, wg.values, wn.values, noise.values, D, gradGates, gradProbs,
                         {gradX, gradWg, gradWn});
    result["grad_" + name + "_x"] = toJson(gradX, {T, D});
    result["grad_" + name + "_Wg"] = toJson(gradWg, {D, E});
    result["grad_" + name + "_Wn"] = toJson(gradWn, {D, E});
  };
  // Importance and load are sums over tokens: every token gets their gradient.
  const auto ofVariation = [&](const std::vector<S>& values) {
    std::vector<S> perExpert(values.size()), all(out.gates.size());
    squaredVariationBackward<S>(values, form, 1, perExpert);
    for (size_t i = 0; i < all.size(); ++i) all[i] = perExpert[i % perExpert.size()];
    return all;
  };
  addGradients("gates", U.values, {});
  addGradients("importance", ofVariation(out.importance), {});
  if (K == E) return result;
  result["prob_in_topk"] = toJson(out.probInTopK, {T, E});
  addGradients("load", {}, ofVariation(out.load));
  return result;
}
INSTANTIATE_SPEC(specNoisyTopk)

template <class S>
Result<nlohmann::json> specGumbel(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto u = in.array<S>("u", {T, E}), U = in.upstream<S>({T, E});
  const S tau = static_cast<S>(in.number("tau", 1e-6, 1e6));
  for (S value : u.values) {
    if (!(value > 0 && value < 1)) in.complain("u", "numbers above 0 and below 1", fmt::format("{}", value));
  }
  if (in.failed()) return in.error();

  const size_t size = U.values.size(), experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K);
  std::vector<S> g(size), perturbed(size), soft(size), hard(size), grad(size), gradTopK(size);
  std::vector<int32_t> best(static_cast<size_t>(T)), ids(best.size() * chosen);
  gumbelNoise<S>(u.values, g);
  gumbelSoftmax<S>(logits.values, g, E, tau, soft);
  for (size_t i = 0; i < size; ++i) perturbed[i] = logits.values[i] + g[i];
  topK<S>(perturbed, E, 1, best);
  straightThrough<S>(best, E, 1, 1, hard);
  topK<S>(perturbed, E, K, ids);
  std::vector<S> weights(ids.size()), gradWeights;
  chosenWeights<S>(WeightForm::SoftmaxTopK, 1, logits.values, E, ids, K, weights);
  gumbelSoftmaxBackward<S>(soft, E, tau, U.values, grad);
  for (size_t i = 0; i < ids.size(); ++i)
    gradWeights.push_back(U.values[i / chosen * experts + i % chosen]);  // U[:, :k]
  chosenWeightsBackward<S>(WeightForm::SoftmaxTopK, 1, logits.values, E, ids, K, gradWeights, gradTopK);
  return nlohmann::json{{"gumbel", toJson(g, {T, E})},
                        {"soft", toJson(soft, {T, E})},
                        {"hard", toJson(hard, {T, E})},
                        {"topk_ids", toJson(ids, {T, K})},
                        {"topk_weights", toJson(weights, {T, K})},
                        {"grad_logits", toJson(grad, {T, E})},
                        {"grad_topk", toJson(gradTopK, {T, E})}};
}
INSTANTIATE_SPEC(specGumbel)

template <class S>
Result<nlohmann::json> specStraightThrough(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto U = in.upstream<S>({T, E});
  const std::string value = in.word("value"), scope = in.word("scope");
  if (value != "one" && value != "mean") in.complain("value", "one or mean", value);
  if (scope != "chosen" && scope != "all") in.complain("scope", "chosen or all", scope);
  if (in.failed()) return in.error();
  std::vector<int32_t> ids(static_cast<size_t>(T) * static_cast<size_t>(K));
  std::vector<S> weights(U.values.size()), grad(U.values.size());
  topK<S>(logits.values, E, K, ids);
  straightThrough<S>(ids, E, K, value == "one" ? S{1} : S{1} / static_cast<S>(K), weights);
  straightThroughBackward<S>(logits.values, ids, E, K, scope == "chosen", U.values, grad);
  return nlohmann::json{
      {"ids", toJson(ids, {T, K})}, {"weights", toJson(weights, {T, E})}, {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specStraightThrough)

template <class S>
Result<nlohmann::json> specReinforce(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const auto actions = in.choices("actions", E);
  const int K = actions.dim(1);
  if (!in.failed() && actions.dim(0) != T)
    in.complain("actions", fmt::format("{} tokens", T), fmt::format("{}", actions.dim(0)));
  const auto rewards = in.array<S>("R", {T});
  const S entropyWeight = in.has("entropy_weight") ? static_cast<S>(in.number("entropy_weight", -1e6, 1e6)) : S{0};
  Baseline form = Baseline::None;
  S given = 0;
  if (in.raw("baseline").is_string()) {
    const std::string word = in.word("baseline");
    if (word != "mean" && word != "leave_one_out")
      in.complain("baseline", "none, mean, leave_one_out or a number", word);
    form = word == "mean" ? Baseline::Mean : Baseline::LeaveOneOut;
  } else if (in.has("baseline")) {
    form = Baseline::Given;
    given = static_cast<S>(in.number("baseline", -1e30, 1e30));
  }
  if (in.failed()) return in.error();
  const std::vector<S> baseline = rewardBaseline<S>(form, rewards.values, given);
  std::vector<S> grad(logits.values.size());
  reinforceLossBackward<S>(logits.values, E, actions.values, K, rewards.values, baseline, entropyWeight, 1, grad);
  return nlohmann::json{
      {"log_prob", toJson(drawLogProbs<S>(logits.values, E, actions.values, K), {T})},
      {"baseline", toJson(baseline, {T})},
      {"loss", toJson(reinforceLoss<S>(logits.values, E, actions.values, K, rewards.values, baseline, entropyWeight))},
      {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specReinforce)

template <class S>
Result<nlohmann::json> specDifferentiableTopk(SpecCase& in) {
  const auto s = in.array<S>("s", {kAny, kAny});
  const int T = s.dim(0), E = s.dim(1);
  const int K = in.integer("k", 1, E);
  const auto U = in.upstream<S>({T, E});
  SoftTopKOptions<S> options;
  const S ratio = in.has("ratio") ? static_cast<S>(in.number("ratio", 1e-6, 1e6)) : S{1.125};
  options.wanted = wantedEntries<S>(K, ratio, E);
  if (in.has("n_iters")) options.iterations = in.integer("n_iters", 0, 1000);
  if (in.has("eps")) options.eps = static_cast<S>(in.number("eps", 1e-6, 1e6));
  if (in.has("eps_init")) options.epsInit = static_cast<S>(in.number("eps_init", 0, 1e6));
  if (in.has("eps_decay")) options.decay = static_cast<S>(in.number("eps_decay", 0, 1));
  if (in.failed()) return in.error();

  const size_t experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K), size = U.values.size();
  std::vector<S> soft(size), gradSoft(size), gradValues(size), values(static_cast<size_t>(T) * chosen),
      softChosen(values.size()), upstream(size);
  std::vector<int32_t> ids(values.size());
  // gate = soft + stop(1 - soft) is 1: the choice and its values are those of s.
  topK<S>(s.values, E, K, ids);
  gatherChosen<S>(s.values, E, ids, K, values);
  for (size_t i = 0; i < ids.size(); ++i) {
    gradValues[i / chosen * experts + static_cast<size_t>(ids[i])] += U.values[i / chosen * experts + i % chosen];
  }
  for (size_t i = 0; i < size; ++i) upstream[i] = gradValues[i] * s.values[i];  // d(s gate) = ds + s dsoft
  for (size_t at = 0; at < size; at += experts) {
    const auto row = std::span(s.values).subspan(at, experts);
    softTopKRow<S>(row, options, std::span(soft).subspan(at, experts));
    softTopKBackwardRow<S>(row, options, std::span(U.values).subspan(at, experts),
                           std::span(gradSoft).subspan(at, experts));
    softTopKBackwardRow<S>(row, options, std::span(upstream).subspan(at, experts),
                           std::span(gradValues).subspan(at, experts));
  }
  gatherChosen<S>(soft, E, ids, K, softChosen);
  return nlohmann::json{{"soft", toJson(soft, {T, E})},          {"ids", toJson(ids, {T, K})},
                        {"values", toJson(values, {T, K})},      {"soft_chosen", toJson(softChosen, {T, K})},
                        {"grad_soft", toJson(gradSoft, {T, E})}, {"grad_values", toJson(gradValues, {T, E})}};
}
INSTANTIATE_SPEC(specDifferentiableTopk)

}  // namespace core
