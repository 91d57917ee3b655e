// The weight a chosen expert's output gets, from the raw logits and the chosen ids. Families differ here, and nowhere
// else, once the experts are chosen. For logits 2, 1, 0 and K = 2 (experts 0 and 1; p = .665 .245 .090):
//
//   Raw            p_e                              .665 .245   OLMoE, OpenMoE, DeepSeekMoE, Switch; sums to less than
//   1 Renorm         p_e / sum of the chosen p        .731 .269   Mixtral, Qwen3 SoftmaxTopK    softmax of the chosen
//   logits     .731 .269   the same numbers (mistral-inference, Granite) Sigmoid        s_e = sigmoid(l_e) .881 .731
//   Llama 4 SigmoidRenorm  s_e / (sum of the chosen s + 1e-20)  .547 .453 DoubleSoftmax  softmax of the chosen p .604
//   .396   printed in a tutorial, wrong: kept so that it can be shown
//
// all times `scale`. With K = 1 a renormalised weight is 1 and the router gets no gradient at all: why Switch uses Raw.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace core {

enum class WeightForm { Raw, Renorm, SoftmaxTopK, Sigmoid, SigmoidRenorm, DoubleSoftmax };

std::string_view weightFormName(WeightForm form);  // raw, renorm, softmax_topk, ...
std::optional<WeightForm> weightFormFromName(std::string_view name);

template <class S>
void chosenWeights(WeightForm form, S scale, std::span<const S> logits /* (T, E) */, int E,
                   std::span<const int32_t> ids /* (T, K) */, int K, std::span<S> weights /* (T, K) */);

// gradLogits += the gradient of sum(gradWeights * weights), ids held fixed.
template <class S>
void chosenWeightsBackward(WeightForm form, S scale, std::span<const S> logits /* (T, E) */, int E,
                           std::span<const int32_t> ids /* (T, K) */, int K,
                           std::span<const S> gradWeights /* (T, K) */, std::span<S> gradLogits /* (T, E) */);

// out[t,j] = values[t, ids[t,j]].
template <class S>
void gatherChosen(std::span<const S> values /* (T, E) */, int E, std::span<const int32_t> ids /* (T, K) */, int K,
                  std::span<S> out /* (T, K) */);

// values[t, ids[t,j]] += chosen[t,j].
template <class S>
void scatterChosen(std::span<const S> chosen /* (T, K) */, int E, std::span<const int32_t> ids /* (T, K) */, int K,
                   std::span<S> values /* (T, E) */);

}  // namespace core
