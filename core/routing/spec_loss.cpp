// loss-z, loss-importance-load and loss-mi-entropy.
#include <vector>

#include "core/routing/importance_load.h"
#include "core/routing/mutual_information.h"
#include "core/routing/score.h"
#include "core/routing/spec_methods.h"
#include "core/routing/z_loss.h"

namespace core {

template <class S>
Result<nlohmann::json> specLossZ(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  if (in.failed()) return in.error();
  const size_t experts = static_cast<size_t>(E);
  std::vector<S> logSums, grad(logits.values.size());
  for (size_t at = 0; at < grad.size(); at += experts)
    logSums.push_back(logSumExp<S>(std::span(logits.values).subspan(at, experts)));
  const S loss = zLoss<S>(logits.values, E);
  zLossBackward<S>(logits.values, E, 1, grad);
  return nlohmann::json{{"loss", toJson(loss)},
                        {"divided_by_k", toJson(loss / static_cast<S>(K))},
                        {"logsumexp", toJson(logSums, {T})},
                        {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specLossZ)

template <class S>
Result<nlohmann::json> specLossImportanceLoad(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto noise = in.array<S>("noise", {T, E});
  const S sigma = static_cast<S>(in.number("noise_std", 1e-6, 1e6)) / static_cast<S>(E == 0 ? 1 : E);
  if (in.failed()) return in.error();

  const VariationForm<S> vmoe{}, tutel{true, static_cast<S>(1e-10)};
  const size_t experts = static_cast<size_t>(E), size = logits.values.size();
  const auto sumOverTokens = [&](std::span<const S> values) {
    std::vector<CarefulSum<S>> sums(experts);
    for (size_t i = 0; i < values.size(); ++i) sums[i % experts].add(values[i]);
    std::vector<S> out;
    out.reserve(experts);
    for (const auto& sum : sums) out.push_back(sum.value());
    return out;
  };
  std::vector<S> probs(size);
  softmaxRows<S>(logits.values, E, probs);
  const SmoothLoad<S> smooth = smoothLoad<S>(logits.values, noise.values, E, K, sigma);
  const std::vector<S> importance = sumOverTokens(probs), loadSum = sumOverTokens(smooth.probs);
  std::vector<S> loadMean = loadSum;
  for (S& load : loadMean) load /= static_cast<S>(T);

  // A sum over tokens hands its gradient to every token.
  std::vector<S> gradImportance(experts), gradLoad(experts), gradProbs(size), gradSmooth(size), importanceGrad(size),
      loadGrad(size);
  squaredVariationBackward<S>(importance, vmoe, 1, gradImportance);
  squaredVariationBackward<S>(loadMean, vmoe, 1, gradLoad);
  for (size_t i = 0; i < size; ++i) {
    gradProbs[i] = gradImportance[i % experts];
    gradSmooth[i] = gradLoad[i % experts] / static_cast<S>(T);
  }
  softmaxBackwardRows<S>(probs, gradProbs, E, importanceGrad);
  smoothLoadBackward<S>(smooth, logits.values, noise.values, E, sigma, gradSmooth, loadGrad);
  return nlohmann::json{{"importance", toJson(importance, {E})},
                        {"importance_loss", toJson(squaredVariation<S>(importance, vmoe))},
                        {"importance_loss_unbiased", toJson(squaredVariation<S>(importance, tutel))},
                        {"load_mean", toJson(loadMean, {E})},
                        {"load_loss", toJson(squaredVariation<S>(loadMean, vmoe))},
                        {"load_loss_unbiased", toJson(squaredVariation<S>(loadSum, tutel))},
                        {"grad_importance", toJson(importanceGrad, {T, E})},
                        {"grad_load", toJson(loadGrad, {T, E})}};
}
INSTANTIATE_SPEC(specLossImportanceLoad)

// Two forms: of logits, or of a count table categories x experts.
template <class S>
Result<nlohmann::json> specLossMiEntropy(SpecCase& in) {
  if (in.has("counts")) {
    const auto counts = in.ids("counts", {kAny, kAny}, 0, 1 << 30);
    if (in.failed()) return in.error();
    const std::vector<int64_t> table(counts.values.begin(), counts.values.end());
    const TableInformation information = tableInformation(table, counts.dim(1));
    return nlohmann::json{{"mi", toJson(information.mi)}, {"normalised", toJson(information.normalised)}};
  }
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const S eps = in.has("eps") ? static_cast<S>(in.number("eps", 0, 1)) : S{0};
  if (in.failed()) return in.error();
  std::vector<S> probs(logits.values.size()), gradMi(probs.size()), gradEntropy(probs.size());
  softmaxRows<S>(logits.values, E, probs);
  const RoutingInformation<S> information = routingInformation<S>(probs, E, eps);
  routingInformationBackward<S>(probs, E, eps, -1, 1, gradMi);
  routingInformationBackward<S>(probs, E, eps, 0, 1, gradEntropy);
  return nlohmann::json{{"mi_loss", toJson(information.loss())},
                        {"H_marginal", toJson(information.marginal)},
                        {"H_cond", toJson(information.conditional)},
                        {"grad_mi", toJson(gradMi, {T, E})},
                        {"grad_entropy", toJson(gradEntropy, {T, E})}};
}
INSTANTIATE_SPEC(specLossMiEntropy)

}  // namespace core
