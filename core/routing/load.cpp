#include "core/routing/load.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {

std::vector<int32_t> expertLoad(std::span<const int32_t> ids, int E) {
  CHECK(E > 0, "E {}", E);
  std::vector<int32_t> load(static_cast<size_t>(E));
  for (int32_t id : ids) {
    CHECK(id >= 0 && id < E, "expert {} of {}", id, E);
    ++load[static_cast<size_t>(id)];
  }
  return load;
}

template <class S>
LoadSummary<S> summariseLoad(std::span<const int32_t> load) {
  CHECK(!load.empty(), "no experts");
  int64_t total = 0;
  for (int32_t n : load) total += n;
  const S choices = static_cast<S>(total), mean = choices / static_cast<S>(load.size());
  LoadSummary<S> out;
  S variance = 0;
  for (int32_t n : load) {
    const S value = static_cast<S>(n);
    out.share.push_back(value / choices);
    out.overIdeal.push_back(value / mean);
    variance += (value - mean) * (value - mean) / static_cast<S>(load.size());
    out.unused += n == 0;
  }
  out.maxViolation = static_cast<S>(*std::max_element(load.begin(), load.end())) / mean - 1;
  out.cv = std::sqrt(variance) / mean;
  out.entropy = total == 0 ? std::numeric_limits<S>::quiet_NaN() : entropy<S>(out.share);
  out.entropyNormalised = normaliseEntropy(out.entropy, static_cast<int>(load.size()));
  return out;
}

template <class S>
S routingEntropy(std::span<const S> logits, int E) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() % experts == 0, "logits {}, E {}", logits.size(), E);
  std::vector<S> probs(experts);
  CarefulSum<S> sum;
  for (size_t at = 0; at < logits.size(); at += experts) {
    softmaxRow<S>(logits.subspan(at, experts), probs);
    sum.add(entropy<S>(probs));
  }
  const size_t T = logits.size() / experts;
  return sum.value() / static_cast<S>(T);
}

template <class S>
S normaliseEntropy(S value, int E) {
  return E == 1 ? S{1} : value / std::log(static_cast<S>(E));
}

template <class S>
S closeShare(std::span<const S> margins, S threshold) {
  size_t close = 0;
  for (S margin : margins) {
    if (std::isnan(margin)) return margin;
    close += margin < threshold;
  }
  return static_cast<S>(close) / static_cast<S>(margins.size());
}

#define INSTANTIATE(S)                                                \
  template LoadSummary<S> summariseLoad<S>(std::span<const int32_t>); \
  template S routingEntropy<S>(std::span<const S>, int);              \
  template S normaliseEntropy<S>(S, int);                             \
  template S closeShare<S>(std::span<const S>, S);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
