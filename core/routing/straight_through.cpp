#include "core/routing/straight_through.h"

#include <algorithm>
#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"
#include "core/routing/weights.h"

namespace core {

template <class S>
void straightThrough(std::span<const int32_t> ids, int E, int K, S value, std::span<S> weights) {
  const std::vector<S> values(ids.size(), value);
  std::fill(weights.begin(), weights.end(), S{0});
  scatterChosen<S>(values, E, ids, K, weights);
}

template <class S>
void straightThroughBackward(std::span<const S> logits, std::span<const int32_t> ids, int E, int K, bool chosenOnly,
                             std::span<const S> gradWeights, std::span<S> gradLogits) {
  CHECK(gradWeights.size() == logits.size() && gradLogits.size() == logits.size(), "{} {} {}", logits.size(),
        gradWeights.size(), gradLogits.size());
  std::vector<S> probs(logits.size()), upstream(gradWeights.begin(), gradWeights.end());
  softmaxRows<S>(logits, E, probs);
  if (chosenOnly) {
    std::vector<S> chosen(ids.size());
    gatherChosen<S>(gradWeights, E, ids, K, chosen);
    std::fill(upstream.begin(), upstream.end(), S{0});
    scatterChosen<S>(chosen, E, ids, K, upstream);
  }
  softmaxBackwardRows<S>(probs, upstream, E, gradLogits);
}

#define INSTANTIATE(S)                                                                                   \
  template void straightThrough<S>(std::span<const int32_t>, int, int, S, std::span<S>);                 \
  template void straightThroughBackward<S>(std::span<const S>, std::span<const int32_t>, int, int, bool, \
                                           std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
