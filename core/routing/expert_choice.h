// Expert choice (Zhou et al. 2022): the experts choose tokens. p = softmax over the experts for each token; every
// expert takes the C tokens with the largest p in its column, equal p to the lower token; the weight is p. Loads are
// equal by construction, and a token may get anything from no expert to all of them.
//
//   p   .9 .1      C = 1:  expert 0 takes t0 (.9), expert 1 takes t2 (.6); t1 gets nothing
//       .7 .3
//       .4 .6
//
// Which tokens an expert takes depends on later tokens: not for decoders.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace core {

enum class Rounding { Floor, Ceil, HalfEven };
std::optional<Rounding> roundingFromName(std::string_view name);  // floor, ceil, half_even

// C = clip(round(T * K / E), 1, T), K the mean number of experts a token gets. 0 for T = 0.
int expertChoiceCapacity(int T, int E, int K, Rounding rounding);

template <class S>
struct ExpertChoice {
  std::vector<int32_t> tokens;     // (E, C) best first
  std::vector<S> weights;          // (E, C) p
  std::vector<int32_t> perToken;   // (T) experts that took the token
  std::vector<int32_t> uncovered;  // tokens that no expert took
};

template <class S>
ExpertChoice<S> expertChoice(std::span<const S> probs /* (T, E) */, int E, int C);

// gradProbs += the gradient of sum(gradWeights * weights), tokens held fixed.
template <class S>
void expertChoiceBackward(const ExpertChoice<S>& choice, int E, int C, std::span<const S> gradWeights /* (E, C) */,
                          std::span<S> gradProbs /* (T, E) */);

// Tokens with a count of 0.
std::vector<int32_t> uncoveredTokens(std::span<const int32_t> perToken /* (T) */);

}  // namespace core
