#include "core/routing/noisy_top_k.h"

#include <cmath>

#include "core/base/check.h"
#include "core/routing/importance_load.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/weights.h"

namespace core {
namespace {

// out (T, E) = x (T, D) w (D, E)
template <class S>
std::vector<S> project(std::span<const S> x, std::span<const S> w, size_t D, size_t E) {
  std::vector<S> out(x.size() / D * E);
  for (size_t i = 0; i < out.size(); ++i) {
    for (size_t d = 0; d < D; ++d) out[i] += x[i / E * D + d] * w[d * E + i % E];
  }
  return out;
}

template <class S>
void projectBackward(std::span<const S> x, std::span<const S> w, size_t D, size_t E, std::span<const S> gradOut,
                     std::span<S> gradX, std::span<S> gradW) {
  for (size_t i = 0; i < gradOut.size(); ++i) {
    for (size_t d = 0; d < D; ++d) {
      gradX[i / E * D + d] += gradOut[i] * w[d * E + i % E];
      gradW[d * E + i % E] += gradOut[i] * x[i / E * D + d];
    }
  }
}

template <class S>
S standardised(const NoisyTopK<S>& out, size_t i) {
  const size_t row = i / static_cast<size_t>(out.E) * static_cast<size_t>(out.E);
  return (out.clean[i] - out.noisy[row + static_cast<size_t>(out.threshold[i])]) / out.std[i];
}

}  // namespace

template <class S>
S softplus(S x) {
  return (x > 0 ? x : S{0}) + std::log1p(std::exp(-std::abs(x)));
}

template <class S>
NoisyTopK<S> noisyTopK(std::span<const S> x, std::span<const S> wg, std::span<const S> wn, std::span<const S> noise,
                       int D, int E, int K, S noiseEps) {
  const size_t width = static_cast<size_t>(D), experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K),
               T = x.size() / width;
  CHECK(D > 0 && E > 0 && K > 0 && K <= E && x.size() == T * width && wg.size() == width * experts &&
            wn.size() == wg.size() && noise.size() == T * experts,
        "x {}, Wg {}, Wn {}, noise {}, E {}, K {}", x.size(), wg.size(), wn.size(), noise.size(), E, K);
  NoisyTopK<S> out;
  out.E = E;
  out.K = K;
  out.clean = project(x, wg, width, experts);
  out.raw = project(x, wn, width, experts);
  for (size_t i = 0; i < noise.size(); ++i) {
    out.std.push_back(softplus(out.raw[i]) + noiseEps);
    out.noisy.push_back(out.clean[i] + noise[i] * out.std[i]);
  }
  out.ids.resize(T * chosen);
  out.weights.resize(T * chosen);
  out.gates.resize(noise.size());
  topK<S>(out.noisy, E, K, out.ids);
  chosenWeights<S>(WeightForm::SoftmaxTopK, 1, out.noisy, E, out.ids, K, out.weights);
  scatterChosen<S>(out.weights, E, out.ids, K, out.gates);
  out.importance.assign(experts, 0);
  out.load.assign(experts, 0);
  for (size_t i = 0; i < out.gates.size(); ++i) out.importance[i % experts] += out.gates[i];
  if (K == E) {
    for (size_t i = 0; i < out.gates.size(); ++i) out.load[i % experts] += out.gates[i] > 0 ? 1 : 0;
    return out;
  }
  std::vector<int32_t> best(chosen + 1);  // the K chosen and the one behind them
  for (size_t row = 0; row < out.noisy.size(); row += experts) {
    topKRow<S>(std::span<const S>(out.noisy).subspan(row, experts), best);
    for (size_t e = 0; e < experts; ++e) {
      const bool inside = out.noisy[row + e] > out.noisy[row + static_cast<size_t>(best[chosen])];
      out.threshold.push_back(best[inside ? chosen : chosen - 1]);
      out.probInTopK.push_back(normalCdf(standardised(out, row + e)));
      out.load[e] += out.probInTopK.back();
    }
  }
  return out;
}

template <class S>
void noisyTopKBackward(const NoisyTopK<S>& out, std::span<const S> x, std::span<const S> wg, std::span<const S> wn,
                       std::span<const S> noise, int D, std::span<const S> gradGates, std::span<const S> gradProbs,
                       const NoisyGradients<S>& gradients) {
  const size_t width = static_cast<size_t>(D), experts = static_cast<size_t>(out.E), size = out.noisy.size();
  CHECK((gradGates.empty() || gradGates.size() == size) &&
            (gradProbs.empty() || gradProbs.size() == out.probInTopK.size()) && noise.size() == size &&
            gradients.x.size() == x.size() && gradients.wg.size() == wg.size() && gradients.wn.size() == wn.size(),
        "gradients {} {} {} {} {}", gradGates.size(), gradProbs.size(), gradients.x.size(), gradients.wg.size(),
        gradients.wn.size());
  std::vector<S> gradNoisy(size), gradClean(size), gradStd(size);
  if (!gradGates.empty()) {
    std::vector<S> gradWeights(out.ids.size());
    gatherChosen<S>(gradGates, out.E, out.ids, out.K, gradWeights);
    chosenWeightsBackward<S>(WeightForm::SoftmaxTopK, 1, out.noisy, out.E, out.ids, out.K, gradWeights, gradNoisy);
  }
  // P = Phi(a), a = (clean - thr) / std:  da = (dclean - dthr - a dstd) / std
  for (size_t i = 0; i < gradProbs.size(); ++i) {
    const S a = standardised(out, i), slope = gradProbs[i] * normalPdf(a) / out.std[i];
    gradClean[i] += slope;
    gradStd[i] -= slope * a;
    gradNoisy[i / experts * experts + static_cast<size_t>(out.threshold[i])] -= slope;
  }
  // H = clean + noise std,  std = softplus(raw) + eps with slope sigmoid(raw)
  for (size_t i = 0; i < size; ++i) {
    gradClean[i] += gradNoisy[i];
    gradStd[i] = (gradStd[i] + gradNoisy[i] * noise[i]) * sigmoid(out.raw[i]);
  }
  projectBackward<S>(x, wg, width, experts, gradClean, gradients.x, gradients.wg);
  projectBackward<S>(x, wn, width, experts, gradStd, gradients.x, gradients.wn);
}

#define INSTANTIATE(S)                                                                                                \
  template S softplus<S>(S);                                                                                          \
  template NoisyTopK<S> noisyTopK<S>(std::span<const S>, std::span<const S>, std::span<const S>, std::span<const S>,  \
                                     int, int, int, S);                                                               \
  template void noisyTopKBackward<S>(const NoisyTopK<S>&, std::span<const S>, std::span<const S>, std::span<const S>, \
                                     std::span<const S>, int, std::span<const S>, std::span<const S>,                 \
                                     const NoisyGradients<S>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
