#include "core/routing/relu_router.h"

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {

template <class S>
ReluRouting<S> reluRouting(std::span<const S> logits, int E, int k) {
  const size_t experts = static_cast<size_t>(E), T = logits.size() / experts;
  CHECK(E > 0 && k > 0 && logits.size() == T * experts, "logits {}, E {}, k {}", logits.size(), E, k);
  ReluRouting<S> out;
  out.load.assign(experts, 0);
  std::vector<CarefulSum<S>> sums(experts);
  int64_t active = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const bool on = logits[i] > 0;
    out.gates.push_back(on ? logits[i] : S{0});
    out.active.push_back(on);
    out.load[i % experts] += on;
    active += on;
    sums[i % experts].add(out.gates.back());
  }
  const S tokens = static_cast<S>(T);
  CarefulSum<S> loss;
  for (size_t e = 0; e < experts; ++e) {
    out.f.push_back(static_cast<S>(E) / (static_cast<S>(k) * tokens) * static_cast<S>(out.load[e]));
    loss.add(out.f[e] * sums[e].value() / tokens);
  }
  out.loss = loss.value();
  out.sparsity = 1 - static_cast<S>(active) / static_cast<S>(logits.size());
  return out;
}

template <class S>
S nextReluLambda(S lambda, S sparsity, int E, int k, S multiplier) {
  return sparsity < 1 - static_cast<S>(k) / static_cast<S>(E) ? lambda * multiplier : lambda / multiplier;
}

template <class S>
void reluRoutingBackward(const ReluRouting<S>& routing, std::span<const S> gradGates, S gradLoss,
                         std::span<S> gradLogits) {
  const size_t experts = routing.f.size(), size = routing.gates.size(), T = size / experts;
  CHECK(gradLogits.size() == size && (gradGates.empty() || gradGates.size() == size), "gradients {} {}, gates {}",
        gradLogits.size(), gradGates.size(), size);
  const S factor = gradLoss / static_cast<S>(T);
  for (size_t i = 0; i < size; ++i) {
    if (routing.active[i]) gradLogits[i] += (gradGates.empty() ? S{0} : gradGates[i]) + factor * routing.f[i % experts];
  }
}

#define INSTANTIATE(S)                                                  \
  template ReluRouting<S> reluRouting<S>(std::span<const S>, int, int); \
  template S nextReluLambda<S>(S, S, int, int, S);                      \
  template void reluRoutingBackward<S>(const ReluRouting<S>&, std::span<const S>, S, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
