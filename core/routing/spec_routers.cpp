// llama4-router, sparsemixer, skywork-norm, top-p, relu-router and hash-router.
#include <cmath>
#include <vector>

#include "core/routing/combine.h"
#include "core/routing/hash_router.h"
#include "core/routing/load.h"
#include "core/routing/logit_norm.h"
#include "core/routing/mutual_information.h"
#include "core/routing/relu_router.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/sparse_mixer.h"
#include "core/routing/spec_methods.h"
#include "core/routing/top_p.h"
#include "core/routing/weights.h"

namespace core {

// The experts of this file are E_e(v) = v |v| a_e, elementwise: bent, so that the place of the weight matters.
template <class S>
Result<nlohmann::json> specLlama4Router(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto x = in.array<S>("x", {T, kAny});
  const int D = x.dim(1);
  const auto a = in.array<S>("a", {E});
  const auto U = in.upstream<S>({T, D});
  if (in.failed()) return in.error();

  const size_t width = static_cast<size_t>(D), choices = static_cast<size_t>(T) * static_cast<size_t>(K);
  std::vector<int32_t> ids(choices);
  std::vector<S> weights(choices), inputs(choices * width), outputs(inputs.size()), ones(choices, S{1}),
      y(x.values.size());
  topK<S>(logits.values, E, K, ids);
  chosenWeights<S>(WeightForm::Sigmoid, 1, logits.values, E, ids, K, weights);
  weighInputs<S>(x.values, weights, K, D, inputs);
  const auto slope = [&](size_t i) { return a.values[static_cast<size_t>(ids[i / width])] * std::abs(inputs[i]); };
  for (size_t i = 0; i < inputs.size(); ++i) outputs[i] = inputs[i] * slope(i);
  combine<S>(outputs, ones, K, D, y);

  std::vector<S> gradOutputs(inputs.size()), gradOnes(choices), gradX(x.values.size()), gradWeights(choices),
      grad(logits.values.size());
  combineBackward<S>(outputs, ones, K, D, U.values, gradOutputs, gradOnes);
  for (size_t i = 0; i < inputs.size(); ++i) gradOutputs[i] *= 2 * slope(i);  // d(v |v|) = 2 |v| dv
  weighInputsBackward<S>(x.values, weights, K, D, gradOutputs, gradX, gradWeights);
  chosenWeightsBackward<S>(WeightForm::Sigmoid, 1, logits.values, E, ids, K, gradWeights, grad);
  return nlohmann::json{{"ids", toJson(ids, {T, K})},
                        {"weights", toJson(weights, {T, K})},
                        {"y", toJson(y, {T, D})},
                        {"grad_logits", toJson(grad, {T, E})},
                        {"grad_x", toJson(gradX, {T, D})}};
}
INSTANTIATE_SPEC(specLlama4Router)

template <class S>
Result<nlohmann::json> specSparseMixer(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const S jitter = static_cast<S>(in.number("jitter", 0, 1e6));
  if (!in.failed() && E < 2) in.complain("logits", "at least two experts", std::to_string(E));
  if (in.failed()) return in.error();
  std::vector<int32_t> ids(2 * static_cast<size_t>(T));
  std::vector<S> weights(ids.size());
  sparseMixer<S>(logits.values, E, jitter, ids, weights);
  return nlohmann::json{{"ids", toJson(ids, {T, 2})}, {"weights", toJson(weights, {T, 2})}};
}
INSTANTIATE_SPEC(specSparseMixer)

template <class S>
Result<nlohmann::json> specSkyworkNorm(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E), ddof = in.integer("ddof", 0, 1);
  const S lambda = in.has("scale") ? static_cast<S>(in.number("scale", -1e6, 1e6)) : S{1};
  const auto U = in.upstream<S>({T, K});
  if (in.failed()) return in.error();
  std::vector<S> normed(logits.values.size()), probs(normed.size()), weights(U.values.size()),
      gradNormed(normed.size()), grad(normed.size());
  std::vector<int32_t> ids(U.values.size());
  normaliseLogits<S>(logits.values, E, lambda, ddof, normed);
  softmaxRows<S>(normed, E, probs);
  topK<S>(normed, E, K, ids);
  chosenWeights<S>(WeightForm::Renorm, 1, normed, E, ids, K, weights);
  chosenWeightsBackward<S>(WeightForm::Renorm, 1, normed, E, ids, K, U.values, gradNormed);
  normaliseLogitsBackward<S>(logits.values, E, lambda, ddof, gradNormed, grad);
  return nlohmann::json{{"normed", toJson(normed, {T, E})},
                        {"probs", toJson(probs, {T, E})},
                        {"ids", toJson(ids, {T, K})},
                        {"weights", toJson(weights, {T, K})},
                        {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specSkyworkNorm)

template <class S>
Result<nlohmann::json> specTopP(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const S threshold = static_cast<S>(in.number("threshold", 0, 1e6));
  const auto U = in.upstream<S>({T, E});
  if (in.failed()) return in.error();
  const TopP<S> chosen = topP<S>(logits.values, E, threshold);
  const size_t size = logits.values.size();
  std::vector<S> probs(size), gradProbs(size), grad(size), gradEntropy(size);
  softmaxRows<S>(logits.values, E, probs);
  nlohmann::json ids = nlohmann::json::array(), weights = ids, counts = ids;
  for (size_t t = 0; t < static_cast<size_t>(T); ++t) {
    const size_t begin = static_cast<size_t>(chosen.begin[t]), count = static_cast<size_t>(chosen.begin[t + 1]) - begin;
    const auto row = std::span(chosen.ids).subspan(begin, count);
    ids.push_back(toJson<int32_t>(row, {static_cast<int>(count)}));
    weights.push_back(toJson<S>(std::span(chosen.weights).subspan(begin, count), {static_cast<int>(count)}));
    counts.push_back(count);
    for (int32_t e : row) {
      const size_t at = t * static_cast<size_t>(E) + static_cast<size_t>(e);
      gradProbs[at] = U.values[at];
    }
  }
  softmaxBackwardRows<S>(probs, gradProbs, E, grad);
  routingInformationBackward<S>(probs, E, 0, 0, 1, gradEntropy);
  return nlohmann::json{{"ids", ids},
                        {"weights", weights},
                        {"experts_per_token", counts},
                        {"mean_experts", toJson(static_cast<double>(chosen.ids.size()) / T)},
                        {"entropy_loss", toJson(routingInformation<S>(probs, E, 0).conditional)},
                        {"grad_logits", toJson(grad, {T, E})},
                        {"grad_entropy", toJson(gradEntropy, {T, E})}};
}
INSTANTIATE_SPEC(specTopP)

template <class S>
Result<nlohmann::json> specReluRouter(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const S lambda = static_cast<S>(in.number("lam", 0, 1e30)),
          multiplier = static_cast<S>(in.number("multiplier", 1e-6, 1e6));
  const auto U = in.upstream<S>({T, E});
  if (in.failed()) return in.error();
  const ReluRouting<S> routing = reluRouting<S>(logits.values, E, K);
  std::vector<S> grad(U.values.size()), gradLoss(U.values.size());
  reluRoutingBackward<S>(routing, U.values, 0, grad);
  reluRoutingBackward<S>(routing, {}, 1, gradLoss);
  return nlohmann::json{{"gates", toJson(routing.gates, {T, E})},
                        {"active", toJson(routing.active, {T, E})},
                        {"load", toJson(routing.load, {E})},
                        {"f", toJson(routing.f, {E})},
                        {"loss", toJson(routing.loss)},
                        {"sparsity", toJson(routing.sparsity)},
                        {"lam_after", toJson(nextReluLambda<S>(lambda, routing.sparsity, E, K, multiplier))},
                        {"grad_logits", toJson(grad, {T, E})},
                        {"grad_loss", toJson(gradLoss, {T, E})}};
}
INSTANTIATE_SPEC(specReluRouter)

template <class S>
Result<nlohmann::json> specHashRouter(SpecCase& in) {
  const int E = in.integer("E", 1, 1 << 16), K = in.integer("k", 1, std::min(E, 256));
  const auto rule = in.choose<HashRule>("rule", hashRuleFromName, "mod or splitmix");
  const uint64_t seed = in.has("seed") ? in.bits64("seed") : 0;
  std::vector<uint64_t> tokens;
  const nlohmann::json& given = in.raw("token_ids");
  if (!given.is_array()) in.complain("token_ids", "an array of whole numbers below 2^64", given.type_name());
  for (const nlohmann::json& token : given) {
    const auto bits = SpecCase::parseBits64(token);
    if (!bits) in.complain("token_ids", "whole numbers below 2^64, as numbers or in quotes", token.type_name());
    tokens.push_back(bits.value_or(0));
  }
  constexpr size_t kMostChoices = size_t{1} << 22;
  if (tokens.size() * static_cast<size_t>(K) > kMostChoices) {
    in.complain("token_ids", fmt::format("at most {} choices", kMostChoices), fmt::format("{} tokens", tokens.size()));
  }
  if (in.failed()) return in.error();
  std::vector<int32_t> ids(tokens.size() * static_cast<size_t>(K));
  hashRoute(tokens, rule, seed, E, K, ids);
  return nlohmann::json{{"ids", toJson(ids, {static_cast<int>(tokens.size()), K})},
                        {"weight", toJson(1.0 / K)},
                        {"load", toJson(expertLoad(ids, E), {E})}};
}
INSTANTIATE_SPEC(specHashRouter)

}  // namespace core
