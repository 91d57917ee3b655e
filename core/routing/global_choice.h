// Global choice: no token and no expert is owed anything. The T * K best entries of the whole score matrix are taken,
// whoever they belong to; a sure token may get many experts, a hesitant one none. Equal entries: the lower token, then
// the lower expert.
//
//   score   .9 .1      K = 1, so two pairs:   t0-e0 (.9), t1-e1 (.55)        with .9 .1 / .5 .5: t0-e0, t1-e0
//           .45 .55
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

struct TokenExpert {
  int32_t token = 0;
  int32_t expert = 0;
};

struct GlobalChoice {
  std::vector<TokenExpert> pairs;  // (count) best first
  std::vector<int32_t> perToken;   // (T)
  std::vector<int32_t> load;       // (E)
};

// The `count` best entries; count <= T * E.
template <class S>
GlobalChoice globalChoice(std::span<const S> scores /* (T, E) */, int E, size_t count);

// weights[t,e] = p where the pair was taken, else 0; with `renorm` over the token's own pairs (0 for a token without
// any).
template <class S>
void globalWeights(const GlobalChoice& choice, std::span<const S> probs /* (T, E) */, int E, bool renorm,
                   std::span<S> weights /* (T, E) */);

// gradProbs += the gradient of sum(gradWeights * weights), pairs held fixed.
template <class S>
void globalWeightsBackward(const GlobalChoice& choice, std::span<const S> probs /* (T, E) */, int E, bool renorm,
                           std::span<const S> gradWeights /* (T, E) */, std::span<S> gradProbs /* (T, E) */);

}  // namespace core
