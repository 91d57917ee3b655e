#include "core/routing/expert_choice.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/routing/select.h"

namespace core {

std::optional<Rounding> roundingFromName(std::string_view name) {
  if (name == "floor") return Rounding::Floor;
  if (name == "ceil") return Rounding::Ceil;
  if (name == "half_even") return Rounding::HalfEven;
  return std::nullopt;
}

int expertChoiceCapacity(int T, int E, int K, Rounding rounding) {
  CHECK(T >= 0 && E > 0 && K >= 0, "T {}, E {}, K {}", T, E, K);
  if (T == 0) return 0;
  // T K / E in whole numbers: quotient and remainder say how to round.
  const int64_t choices = int64_t{T} * K, down = choices / E, rest = choices % E;
  int64_t slots = down;
  if (rounding == Rounding::Ceil) slots += rest > 0;
  if (rounding == Rounding::HalfEven) slots += 2 * rest > E || (2 * rest == E && down % 2 == 1);
  return static_cast<int>(std::clamp<int64_t>(slots, 1, T));
}

template <class S>
ExpertChoice<S> expertChoice(std::span<const S> probs, int E, int C) {
  const size_t experts = static_cast<size_t>(E), slots = static_cast<size_t>(C), T = probs.size() / experts;
  CHECK(E > 0 && probs.size() == T * experts && slots <= T, "probs {}, E {}, C {}", probs.size(), E, C);
  ExpertChoice<S> out;
  out.tokens.resize(experts * slots);
  out.perToken.assign(T, 0);
  std::vector<S> column(T);
  for (size_t e = 0; e < experts; ++e) {
    for (size_t t = 0; t < T; ++t) column[t] = probs[t * experts + e];
    const auto taken = std::span(out.tokens).subspan(e * slots, slots);
    topKRow<S>(column, taken);
    for (int32_t token : taken) {
      out.weights.push_back(column[static_cast<size_t>(token)]);
      ++out.perToken[static_cast<size_t>(token)];
    }
  }
  out.uncovered = uncoveredTokens(out.perToken);
  return out;
}

template <class S>
void expertChoiceBackward(const ExpertChoice<S>& choice, int E, int C, std::span<const S> gradWeights,
                          std::span<S> gradProbs) {
  const size_t experts = static_cast<size_t>(E), slots = static_cast<size_t>(C);
  CHECK(gradWeights.size() == choice.tokens.size() && choice.tokens.size() == experts * slots &&
            gradProbs.size() == choice.perToken.size() * experts,
        "gradients {} {}, chosen {}", gradWeights.size(), gradProbs.size(), choice.tokens.size());
  for (size_t i = 0; i < gradWeights.size(); ++i) {
    gradProbs[static_cast<size_t>(choice.tokens[i]) * experts + i / slots] += gradWeights[i];
  }
}

std::vector<int32_t> uncoveredTokens(std::span<const int32_t> perToken) {
  std::vector<int32_t> out;
  for (size_t t = 0; t < perToken.size(); ++t) {
    if (perToken[t] == 0) out.push_back(static_cast<int32_t>(t));
  }
  return out;
}

#define INSTANTIATE(S)                                                    \
  template ExpertChoice<S> expertChoice<S>(std::span<const S>, int, int); \
  template void expertChoiceBackward<S>(const ExpertChoice<S>&, int, int, std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
