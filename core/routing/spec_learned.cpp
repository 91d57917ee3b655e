// Routers with parameters of their own: yuan-attention-router, cosine-router, soft-moe and dselect-k.
#include <vector>

#include "core/routing/attention_router.h"
#include "core/routing/cosine_router.h"
#include "core/routing/dselect_k.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/soft_moe.h"
#include "core/routing/spec_methods.h"
#include "core/routing/weights.h"

namespace core {

template <class S>
Result<nlohmann::json> specYuanAttentionRouter(SpecCase& in) {
  const auto x = in.array<S>("x", {kAny, kAny});
  const int T = x.dim(0), D = x.dim(1);
  const auto wq = in.array<S>("Wq", {kAny, D});
  const int E = wq.dim(0);
  const auto wk = in.array<S>("Wk", {E, D}), wv = in.array<S>("Wv", {E, D}), U = in.upstream<S>({T, E});
  const int K = in.integer("k", 1, E);
  if (in.failed()) return in.error();

  const size_t size = U.values.size();
  std::vector<S> q(size), k(size), v(size), logits(size), gradQ(size), gradK(size), gradV(size);
  routerLogits<S>(x.values, wq.values, {}, D, E, q);
  routerLogits<S>(x.values, wk.values, {}, D, E, k);
  routerLogits<S>(x.values, wv.values, {}, D, E, v);
  attentionLogits<S>(q, k, v, E, logits);
  std::vector<int32_t> ids(static_cast<size_t>(T) * static_cast<size_t>(K));
  std::vector<S> margins(static_cast<size_t>(T)), weights(ids.size());
  topK<S>(logits, E, K, ids, margins);
  chosenWeights<S>(WeightForm::Renorm, 1, logits, E, ids, K, weights);

  std::vector<S> gradX(x.values.size()), gradWq(wq.values.size()), gradWk(gradWq.size()), gradWv(gradWq.size());
  attentionLogitsBackward<S>(q, k, v, E, U.values, gradQ, gradK, gradV);
  routerLogitsBackward<S>(x.values, wq.values, D, E, gradQ, gradX, gradWq, {});
  routerLogitsBackward<S>(x.values, wk.values, D, E, gradK, gradX, gradWk, {});
  routerLogitsBackward<S>(x.values, wv.values, D, E, gradV, gradX, gradWv, {});
  return nlohmann::json{{"logits", toJson(logits, {T, E})},   {"ids", toJson(ids, {T, K})},
                        {"weights", toJson(weights, {T, K})}, {"margins", toJson(margins, {T})},
                        {"grad_x", toJson(gradX, {T, D})},    {"grad_Wq", toJson(gradWq, {E, D})},
                        {"grad_Wk", toJson(gradWk, {E, D})},  {"grad_Wv", toJson(gradWv, {E, D})}};
}
INSTANTIATE_SPEC(specYuanAttentionRouter)

template <class S>
Result<nlohmann::json> specCosineRouter(SpecCase& in) {
  const auto x = in.array<S>("x", {kAny, kAny});
  const int T = x.dim(0), D = x.dim(1);
  const auto P = in.array<S>("P", {kAny, D});
  const int W = P.dim(0);
  const auto b = in.array<S>("b", {W}), embedding = in.array<S>("S", {W, kAny});
  const int E = embedding.dim(1);
  const auto U = in.upstream<S>({T, E});
  const int K = in.integer("k", 1, E);
  const S logScale = static_cast<S>(in.number("log_scale", -1e4, 1e4));
  if (in.failed()) return in.error();

  const CosineRouter<S> router{P.values, b.values, embedding.values, logScale, D, W, E};
  std::vector<S> logits(U.values.size()), gradX(x.values.size()), gradP(P.values.size()), gradB(b.values.size()),
      gradS(embedding.values.size());
  std::vector<int32_t> ids(static_cast<size_t>(T) * static_cast<size_t>(K));
  cosineLogits<S>(router, x.values, logits);
  topK<S>(logits, E, K, ids);
  CosineGradients<S> gradients{gradX, gradP, gradB, gradS};
  cosineLogitsBackward<S>(router, x.values, U.values, gradients);
  return nlohmann::json{{"logits", toJson(logits, {T, E})},
                        {"ids", toJson(ids, {T, K})},
                        {"grad_x", toJson(gradX, {T, D})},
                        {"grad_P", toJson(gradP, {W, D})},
                        {"grad_b", toJson(gradB, {W})},
                        {"grad_S", toJson(gradS, {W, E})},
                        {"grad_log_scale", toJson(gradients.logScale)}};
}
INSTANTIATE_SPEC(specCosineRouter)

// The experts of this file multiply their slots by a_e.
template <class S>
Result<nlohmann::json> specSoftMoe(SpecCase& in) {
  const auto x = in.array<S>("x", {kAny, kAny});
  const int T = x.dim(0), D = x.dim(1);
  const auto mu = in.array<S>("mu", {D, kAny, kAny});
  const int E = mu.dim(1), slots = mu.dim(2), Q = E * slots;
  const auto a = in.array<S>("a", {E}), U = in.upstream<S>({T, D});
  const S scale = static_cast<S>(in.number("scale", -1e6, 1e6));
  if (in.failed()) return in.error();

  const SoftMoe<S> soft = softMoeDispatch<S>(x.values, mu.values, scale, D, Q);
  const size_t width = static_cast<size_t>(D), perExpert = static_cast<size_t>(slots) * width;
  std::vector<S> outputs = soft.slots, y(x.values.size());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] *= a.values[i / perExpert];
  softMoeCombine<S>(soft, outputs, D, y);

  std::vector<S> gradOutputs(outputs.size()), gradLogits(soft.logits.size()), gradA(a.values.size()),
      gradX(x.values.size()), gradMu(mu.values.size());
  softMoeCombineBackward<S>(soft, outputs, D, U.values, gradOutputs, gradLogits);
  for (size_t i = 0; i < outputs.size(); ++i) {
    gradA[i / perExpert] += gradOutputs[i] * soft.slots[i];
    gradOutputs[i] *= a.values[i / perExpert];
  }
  SoftMoeGradients<S> gradients{gradX, gradMu};
  softMoeDispatchBackward<S>(soft, x.values, mu.values, scale, D, gradOutputs, gradLogits, gradients);
  return nlohmann::json{{"logits", toJson(soft.logits, {T, E, slots})},
                        {"dispatch", toJson(soft.dispatch, {T, E, slots})},
                        {"combine", toJson(soft.combine, {T, E, slots})},
                        {"slots", toJson(soft.slots, {E, slots, D})},
                        {"y", toJson(y, {T, D})},
                        {"grad_x", toJson(gradX, {T, D})},
                        {"grad_mu", toJson(gradMu, {D, E, slots})},
                        {"grad_scale", toJson(gradients.scale)},
                        {"grad_a", toJson(gradA, {E})}};
}
INSTANTIATE_SPEC(specSoftMoe)

template <class S>
Result<nlohmann::json> specDselectK(SpecCase& in) {
  const int E = in.integer("E", 1, 1 << 12), bits = selectorBits(E);
  const auto w = in.array<S>("w", {kAny, kAny});
  const int T = w.dim(0), K = w.dim(1);
  const auto z = in.array<S>("z", {T, K, bits}), U = in.upstream<S>({T, E});
  const S gamma = static_cast<S>(in.number("gamma", 1e-6, 1e6));
  if (K > 256) in.complain("w", "at most 256 selectors", std::to_string(K));
  if (in.failed()) return in.error();

  const DselectK<S> out = dselectK<S>(z.values, w.values, E, K, gamma);
  std::vector<S> gradZ(z.values.size()), gradW(w.values.size()), gradSelectors(out.selectors.size()),
      gradEntropy(z.values.size());
  dselectKBackward<S>(out, z.values, E, K, gamma, U.values, gradZ, gradW);
  selectorEntropyBackward<S>(out.selectors, gradSelectors);
  selectorsBackward<S>(z.values, E, gamma, gradSelectors, gradEntropy);
  nlohmann::json result = {{"weights", toJson(out.weights, {T, E})},
                           {"selectors", toJson(out.selectors, {T, K, E})},
                           {"entropy_reg", toJson(selectorEntropy<S>(out.selectors))},
                           {"grad_weights_z", toJson(gradZ, {T, K, bits})},
                           {"grad_weights_w", toJson(gradW, {T, K})},
                           {"grad_entropy_z", toJson(gradEntropy, {T, K, bits})}};
  if (E == 1 << bits) return result;  // every code names an expert
  std::vector<S> gradPenalty(z.values.size());
  std::fill(gradSelectors.begin(), gradSelectors.end(), S{0});
  unreachablePenaltyBackward<S>(out.selectors, E, gradSelectors);
  selectorsBackward<S>(z.values, E, gamma, gradSelectors, gradPenalty);
  result["unreachable_reg"] = toJson(unreachablePenalty<S>(out.selectors, E));
  result["grad_unreachable_z"] = toJson(gradPenalty, {T, K, bits});
  return result;
}
INSTANTIATE_SPEC(specDselectK)

}  // namespace core
