#include "core/routing/weights.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"raw",     "renorm",         "softmax_topk",
                                                    "sigmoid", "sigmoid_renorm", "double_softmax"};
constexpr double kSigmoidEps = 1e-20;  // below the smallest sum that can matter; keeps 0 / 0 away

template <class S>
size_t checkedTokens(std::span<const S> logits, int E, std::span<const int32_t> ids, int K) {
  CHECK(E > 0 && K >= 0, "E {}, K {}", E, K);
  const size_t tokens = logits.size() / static_cast<size_t>(E);
  CHECK(logits.size() == tokens * static_cast<size_t>(E) && ids.size() == tokens * static_cast<size_t>(K),
        "logits {}, ids {} with E {} and K {}", logits.size(), ids.size(), E, K);
  for (int32_t id : ids) CHECK(id >= 0 && id < E, "expert {} of {}", id, E);
  return tokens;
}

// One token: what the weights are made of. `chosen` and `weights` are (K), `probs` (E) and filled where a form needs
// it.
template <class S>
struct TokenWeights {
  std::vector<S> probs, chosen, weights;
  TokenWeights(size_t E, size_t K) : probs(E), chosen(K), weights(K) {}

  // Leaves the unscaled weights in `weights` and what they were computed from in `chosen`.
  void compute(WeightForm form, std::span<const S> row, std::span<const int32_t> ids) {
    const bool fromProbs = form == WeightForm::Raw || form == WeightForm::DoubleSoftmax;
    if (fromProbs) softmaxRow<S>(row, probs);
    for (size_t j = 0; j < ids.size(); ++j) {
      const size_t e = static_cast<size_t>(ids[j]);
      chosen[j] = fromProbs ? probs[e] : row[e];
    }
    switch (form) {
      case WeightForm::Raw:
        weights = chosen;
        break;
      case WeightForm::Renorm:
      case WeightForm::SoftmaxTopK:
      case WeightForm::DoubleSoftmax:
        softmaxRow<S>(chosen, weights);
        break;
      case WeightForm::Sigmoid:
        sigmoidRow<S>(chosen, weights);
        break;
      case WeightForm::SigmoidRenorm: {
        sigmoidRow<S>(chosen, chosen);
        S sum = 0;
        for (S s : chosen) sum += s;
        for (size_t j = 0; j < ids.size(); ++j) weights[j] = chosen[j] / (sum + static_cast<S>(kSigmoidEps));
        break;
      }
    }
  }
};

}  // namespace

std::string_view weightFormName(WeightForm form) { return kNames[static_cast<size_t>(form)]; }

std::optional<WeightForm> weightFormFromName(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<WeightForm>(i);
  }
  return std::nullopt;
}

template <class S>
void chosenWeights(WeightForm form, S scale, std::span<const S> logits, int E, std::span<const int32_t> ids, int K,
                   std::span<S> weights) {
  const size_t tokens = checkedTokens(logits, E, ids, K), experts = static_cast<size_t>(E),
               chosen = static_cast<size_t>(K);
  CHECK(weights.size() == ids.size(), "weights {}, ids {}", weights.size(), ids.size());
  TokenWeights<S> token(experts, chosen);
  for (size_t t = 0; t < tokens; ++t) {
    token.compute(form, logits.subspan(t * experts, experts), ids.subspan(t * chosen, chosen));
    for (size_t j = 0; j < chosen; ++j) weights[t * chosen + j] = token.weights[j] * scale;
  }
}

template <class S>
void chosenWeightsBackward(WeightForm form, S scale, std::span<const S> logits, int E, std::span<const int32_t> ids,
                           int K, std::span<const S> gradWeights, std::span<S> gradLogits) {
  const size_t tokens = checkedTokens(logits, E, ids, K), experts = static_cast<size_t>(E),
               chosen = static_cast<size_t>(K);
  CHECK(gradWeights.size() == ids.size() && gradLogits.size() == logits.size(), "gradients {} {}", gradWeights.size(),
        gradLogits.size());
  TokenWeights<S> token(experts, chosen);
  std::vector<S> gradChosen(chosen), gradIn(chosen), gradProbs(experts);
  for (size_t t = 0; t < tokens; ++t) {
    const auto row = ids.subspan(t * chosen, chosen);
    const auto out = gradLogits.subspan(t * experts, experts);
    token.compute(form, logits.subspan(t * experts, experts), row);
    const auto& w = token.weights;
    for (size_t j = 0; j < chosen; ++j) gradIn[j] = gradWeights[t * chosen + j] * scale;
    std::fill(gradChosen.begin(), gradChosen.end(), S{0});
    switch (form) {
      case WeightForm::Raw:
        gradChosen = gradIn;
        break;
      case WeightForm::Renorm:
      case WeightForm::SoftmaxTopK:
      case WeightForm::DoubleSoftmax:
        softmaxBackwardRow<S>(w, gradIn, gradChosen);
        break;
      case WeightForm::Sigmoid:
        for (size_t j = 0; j < chosen; ++j) gradChosen[j] = gradIn[j] * w[j] * (1 - w[j]);
        break;
      case WeightForm::SigmoidRenorm: {
        // w_j = s_j / (sum s + eps): dw_j/ds_i = (1[i = j] - w_j) / (sum s + eps); ds/dl = s (1 - s).
        S sum = static_cast<S>(kSigmoidEps), mean = 0;
        for (size_t j = 0; j < chosen; ++j) sum += token.chosen[j], mean += gradIn[j] * w[j];
        for (size_t j = 0; j < chosen; ++j)
          gradChosen[j] = (gradIn[j] - mean) / sum * token.chosen[j] * (1 - token.chosen[j]);
        break;
      }
    }
    if (form == WeightForm::Raw || form == WeightForm::DoubleSoftmax) {
      std::fill(gradProbs.begin(), gradProbs.end(), S{0});
      scatterChosen<S>(gradChosen, E, row, K, gradProbs);
      softmaxBackwardRow<S>(token.probs, gradProbs, out);
    } else {
      scatterChosen<S>(gradChosen, E, row, K, out);
    }
  }
}

template <class S>
void gatherChosen(std::span<const S> values, int E, std::span<const int32_t> ids, int K, std::span<S> out) {
  const size_t tokens = checkedTokens(values, E, ids, K), experts = static_cast<size_t>(E),
               chosen = static_cast<size_t>(K);
  CHECK(out.size() == ids.size(), "out {}, ids {}", out.size(), ids.size());
  for (size_t i = 0; i < tokens * chosen; ++i) out[i] = values[i / chosen * experts + static_cast<size_t>(ids[i])];
}

template <class S>
void scatterChosen(std::span<const S> chosenValues, int E, std::span<const int32_t> ids, int K, std::span<S> values) {
  const size_t tokens = checkedTokens<S>(values, E, ids, K), experts = static_cast<size_t>(E),
               chosen = static_cast<size_t>(K);
  CHECK(chosenValues.size() == ids.size(), "chosen {}, ids {}", chosenValues.size(), ids.size());
  for (size_t i = 0; i < tokens * chosen; ++i)
    values[i / chosen * experts + static_cast<size_t>(ids[i])] += chosenValues[i];
}

#define INSTANTIATE(S)                                                                                                 \
  template void chosenWeights<S>(WeightForm, S, std::span<const S>, int, std::span<const int32_t>, int, std::span<S>); \
  template void chosenWeightsBackward<S>(WeightForm, S, std::span<const S>, int, std::span<const int32_t>, int,        \
                                         std::span<const S>, std::span<S>);                                            \
  template void gatherChosen<S>(std::span<const S>, int, std::span<const int32_t>, int, std::span<S>);                 \
  template void scatterChosen<S>(std::span<const S>, int, std::span<const int32_t>, int, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
