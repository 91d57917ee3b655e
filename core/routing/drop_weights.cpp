// The weights half of dispatch.h. For p = .6 .3 with the second choice dropped: Before .667 0, After 1 0, Raw .6 0.
#include <array>

#include "core/base/check.h"
#include "core/routing/dispatch.h"

namespace core {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"before", "after", "raw"};

// The sum a token's probabilities are divided by, over the choices that enter it.
template <class S>
S divisor(DropWeights form, std::span<const S> probs, std::span<const uint8_t> kept) {
  if (form == DropWeights::Raw) return 1;
  S sum = 0;
  for (size_t j = 0; j < probs.size(); ++j) {
    if (form == DropWeights::Before || kept[j]) sum += probs[j];
  }
  return sum;
}

}  // namespace

std::string_view dropWeightsName(DropWeights form) { return kNames[static_cast<size_t>(form)]; }

std::optional<DropWeights> dropWeightsFromName(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<DropWeights>(i);
  }
  return std::nullopt;
}

template <class S>
void weightsAfterDrop(DropWeights form, std::span<const S> probs, std::span<const uint8_t> kept, int K,
                      std::span<S> weights) {
  CHECK(K > 0 && probs.size() == kept.size() && probs.size() == weights.size(), "{} {} {}", probs.size(), kept.size(),
        weights.size());
  const size_t chosen = static_cast<size_t>(K);
  for (size_t at = 0; at < probs.size(); at += chosen) {
    const S sum = divisor(form, probs.subspan(at, chosen), kept.subspan(at, chosen));
    for (size_t j = at; j < at + chosen; ++j) weights[j] = kept[j] && sum > 0 ? probs[j] / sum : S{0};
  }
}

template <class S>
void weightsAfterDropBackward(DropWeights form, std::span<const S> probs, std::span<const uint8_t> kept, int K,
                              std::span<const S> gradWeights, std::span<S> gradProbs) {
  CHECK(K > 0 && probs.size() == kept.size() && probs.size() == gradWeights.size() && probs.size() == gradProbs.size(),
        "{} {} {} {}", probs.size(), kept.size(), gradWeights.size(), gradProbs.size());
  const size_t chosen = static_cast<size_t>(K);
  for (size_t at = 0; at < probs.size(); at += chosen) {
    const S sum = divisor(form, probs.subspan(at, chosen), kept.subspan(at, chosen));
    if (!(sum > 0)) continue;
    // w_j = kept_j p_j / sum: dw_j/dp_i = (kept_j [i = j] - w_j [p_i enters the sum]) / sum
    S mean = 0;
    for (size_t j = at; j < at + chosen; ++j) mean += kept[j] ? gradWeights[j] * probs[j] / sum : S{0};
    for (size_t j = at; j < at + chosen; ++j) {
      const bool entersSum = form == DropWeights::Before || (form == DropWeights::After && kept[j]);
      gradProbs[j] += ((kept[j] ? gradWeights[j] : S{0}) - (entersSum ? mean : S{0})) / sum;
    }
  }
}

#define INSTANTIATE(S)                                                                                             \
  template void weightsAfterDrop<S>(DropWeights, std::span<const S>, std::span<const uint8_t>, int, std::span<S>); \
  template void weightsAfterDropBackward<S>(DropWeights, std::span<const S>, std::span<const uint8_t>, int,        \
                                            std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
