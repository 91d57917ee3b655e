#include "core/routing/z_loss.h"

#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {

template <class S>
S zLoss(std::span<const S> logits, int E) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() % experts == 0, "logits {}, E {}", logits.size(), E);
  CarefulSum<S> sum;
  for (size_t at = 0; at < logits.size(); at += experts) {
    const S z = logSumExp<S>(logits.subspan(at, experts));
    sum.add(z * z);
  }
  const size_t T = logits.size() / experts;
  return sum.value() / static_cast<S>(T);
}

template <class S>
void zLossBackward(std::span<const S> logits, int E, S gradLoss, std::span<S> gradLogits) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() % experts == 0 && gradLogits.size() == logits.size(), "logits {}, gradient {}, E {}",
        logits.size(), gradLogits.size(), E);
  const size_t T = logits.size() / experts;
  const S factor = 2 * gradLoss / static_cast<S>(T);
  std::vector<S> probs(experts);
  for (size_t at = 0; at < logits.size(); at += experts) {
    const auto row = logits.subspan(at, experts);
    softmaxRow<S>(row, probs);
    const S z = logSumExp<S>(row);
    for (size_t e = 0; e < experts; ++e) gradLogits[at + e] += factor * z * probs[e];
  }
}

#define INSTANTIATE(S)                          \
  template S zLoss<S>(std::span<const S>, int); \
  template void zLossBackward<S>(std::span<const S>, int, S, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
