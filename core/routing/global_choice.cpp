#include "core/routing/global_choice.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/routing/dispatch.h"

namespace core {
namespace {

std::vector<uint8_t> takenFlags(const GlobalChoice& choice, size_t E, size_t size) {
  std::vector<uint8_t> taken(size);
  for (TokenExpert pair : choice.pairs)
    taken[static_cast<size_t>(pair.token) * E + static_cast<size_t>(pair.expert)] = 1;
  return taken;
}

}  // namespace

template <class S>
GlobalChoice globalChoice(std::span<const S> scores, int E, size_t count) {
  const size_t experts = static_cast<size_t>(E), T = scores.size() / experts;
  CHECK(E > 0 && scores.size() == T * experts && count <= scores.size(), "scores {}, E {}, count {}", scores.size(), E,
        count);
  std::vector<int32_t> entries(scores.size());
  std::iota(entries.begin(), entries.end(), 0);
  // Entries stand in token, expert order, so a stable sort settles ties.
  std::stable_sort(entries.begin(), entries.end(), [&](int32_t a, int32_t b) {
    return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
  });
  GlobalChoice out;
  out.perToken.assign(T, 0);
  out.load.assign(experts, 0);
  for (size_t i = 0; i < count; ++i) {
    const TokenExpert pair{entries[i] / E, entries[i] % E};
    out.pairs.push_back(pair);
    ++out.perToken[static_cast<size_t>(pair.token)];
    ++out.load[static_cast<size_t>(pair.expert)];
  }
  return out;
}

// A pair that was not taken is a choice that was dropped: the weights are those of dispatch.h over all E "choices".
template <class S>
void globalWeights(const GlobalChoice& choice, std::span<const S> probs, int E, bool renorm, std::span<S> weights) {
  const auto taken = takenFlags(choice, static_cast<size_t>(E), probs.size());
  weightsAfterDrop<S>(renorm ? DropWeights::After : DropWeights::Raw, probs, taken, E, weights);
}

template <class S>
void globalWeightsBackward(const GlobalChoice& choice, std::span<const S> probs, int E, bool renorm,
                           std::span<const S> gradWeights, std::span<S> gradProbs) {
  const auto taken = takenFlags(choice, static_cast<size_t>(E), probs.size());
  weightsAfterDropBackward<S>(renorm ? DropWeights::After : DropWeights::Raw, probs, taken, E, gradWeights, gradProbs);
}

#define INSTANTIATE(S)                                                                                           \
  template GlobalChoice globalChoice<S>(std::span<const S>, int, size_t);                                        \
  template void globalWeights<S>(const GlobalChoice&, std::span<const S>, int, bool, std::span<S>);              \
  template void globalWeightsBackward<S>(const GlobalChoice&, std::span<const S>, int, bool, std::span<const S>, \
                                         std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
