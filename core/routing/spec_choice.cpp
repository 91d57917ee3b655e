// softmax-router and token-choice.
#include <vector>

#include "core/routing/load.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/spec_methods.h"
#include "core/routing/weights.h"

namespace core {

template <class S>
Result<nlohmann::json> specSoftmaxRouter(SpecCase& in) {
  const auto x = in.array<S>("x", {kAny, kAny});
  const int T = x.dim(0), D = x.dim(1);
  const auto w = in.array<S>("W", {kAny, D});
  const int E = w.dim(0);
  const bool biased = in.has("b");
  const auto b = biased ? in.array<S>("b", {E}) : SpecArray<S>{};
  const auto U = in.upstream<S>({T, E});
  if (in.failed()) return in.error();

  const size_t experts = static_cast<size_t>(E), size = U.values.size();
  std::vector<S> logits(size), probs(size), gradLogits(size), logSums, entropies;
  routerLogits<S>(x.values, w.values, b.values, D, E, logits);
  softmaxRows<S>(logits, E, probs);
  for (size_t at = 0; at < size; at += experts) {
    const auto row = [&](auto& values) { return std::span(values).subspan(at, experts); };
    logSums.push_back(logSumExp<S>(row(logits)));
    entropies.push_back(entropy<S>(row(probs)));
    softmaxBackwardRow<S>(row(probs), row(U.values), row(gradLogits));
  }
  std::vector<S> gradX(x.values.size()), gradW(w.values.size()), gradB(b.values.size());
  routerLogitsBackward<S>(x.values, w.values, D, E, gradLogits, gradX, gradW, gradB);
  nlohmann::json out = {{"logits", toJson(logits, {T, E})},  {"probs", toJson(probs, {T, E})},
                        {"logsumexp", toJson(logSums, {T})}, {"entropy", toJson(entropies, {T})},
                        {"grad_x", toJson(gradX, {T, D})},   {"grad_W", toJson(gradW, {E, D})}};
  if (biased) out["grad_b"] = toJson(gradB, {E});
  return out;
}
INSTANTIATE_SPEC(specSoftmaxRouter)

template <class S>
Result<nlohmann::json> specTokenChoice(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto U = in.upstream<S>({T, K});
  const auto form = in.choose<WeightForm>("weights", weightFormFromName,
                                          "raw, renorm, softmax_topk, sigmoid, sigmoid_renorm or double_softmax");
  const S scale = in.has("scale") ? static_cast<S>(in.number("scale", -1e6, 1e6)) : S{1};
  if (in.failed()) return in.error();

  std::vector<int32_t> ids(U.values.size());
  std::vector<S> margins(static_cast<size_t>(T)), weights(U.values.size()), sums, grad(logits.values.size());
  topK<S>(logits.values, E, K, ids, margins);
  chosenWeights<S>(form, scale, logits.values, E, ids, K, weights);
  chosenWeightsBackward<S>(form, scale, logits.values, E, ids, K, U.values, grad);
  for (size_t at = 0; at < weights.size(); at += static_cast<size_t>(K)) {
    S sum = 0;
    for (S weight : std::span(weights).subspan(at, static_cast<size_t>(K))) sum += weight;
    sums.push_back(sum);
  }
  return nlohmann::json{{"ids", toJson(ids, {T, K})},
                        {"weights", toJson(weights, {T, K})},
                        {"weight_sum", toJson(sums, {T})},
                        {"margins", toJson(margins, {T})},
                        {"load", toJson(expertLoad(ids, E), {E})},
                        {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specTokenChoice)

}  // namespace core
