#include "core/routing/top_p.h"

#include "core/base/check.h"
#include "core/routing/score.h"
#include "core/routing/select.h"

namespace core {

template <class S>
TopP<S> topP(std::span<const S> logits, int E, S threshold) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() % experts == 0, "logits {}, E {}", logits.size(), E);
  TopP<S> out;
  out.begin.push_back(0);
  std::vector<int32_t> order(experts);
  std::vector<S> probs(experts);
  for (size_t at = 0; at < logits.size(); at += experts) {
    const auto row = logits.subspan(at, experts);
    topKRow<S>(row, order);
    softmaxRow<S>(row, probs);
    S sum = 0;
    for (size_t j = 0; j < experts && !(sum > threshold); ++j) {
      const S p = probs[static_cast<size_t>(order[j])];
      sum += p;
      out.ids.push_back(order[j]);
      out.weights.push_back(p);
    }
    out.begin.push_back(static_cast<int32_t>(out.ids.size()));
  }
  return out;
}

template TopP<float> topP<float>(std::span<const float>, int, float);
template TopP<double> topP<double>(std::span<const double>, int, double);

}  // namespace core
