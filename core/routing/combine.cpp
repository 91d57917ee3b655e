#include "core/routing/combine.h"

#include <algorithm>

#include "core/base/check.h"

namespace core {

template <class S>
void combine(std::span<const S> outputs, std::span<const S> weights, int K, int D, std::span<S> y) {
  const size_t chosen = static_cast<size_t>(K), width = static_cast<size_t>(D);
  CHECK(K > 0 && D > 0 && outputs.size() == weights.size() * width && y.size() * chosen == outputs.size(),
        "outputs {}, weights {}, y {}", outputs.size(), weights.size(), y.size());
  std::fill(y.begin(), y.end(), S{0});
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    for (size_t d = 0; d < width; ++d) y[i / chosen * width + d] += weights[i] * outputs[i * width + d];
  }
}

template <class S>
void combineBackward(std::span<const S> outputs, std::span<const S> weights, int K, int D, std::span<const S> gradY,
                     std::span<S> gradOutputs, std::span<S> gradWeights) {
  const size_t chosen = static_cast<size_t>(K), width = static_cast<size_t>(D);
  CHECK(K > 0 && D > 0 && outputs.size() == weights.size() * width && gradY.size() * chosen == outputs.size() &&
            gradOutputs.size() == outputs.size() && gradWeights.size() == weights.size(),
        "outputs {}, weights {}, gradients {} {} {}", outputs.size(), weights.size(), gradY.size(), gradOutputs.size(),
        gradWeights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    for (size_t d = 0; d < width; ++d) {
      const S g = gradY[i / chosen * width + d];
      gradOutputs[i * width + d] += weights[i] * g;
      gradWeights[i] += g * outputs[i * width + d];
    }
  }
}

template <class S>
void weighInputs(std::span<const S> x, std::span<const S> weights, int K, int D, std::span<S> inputs) {
  const size_t chosen = static_cast<size_t>(K), width = static_cast<size_t>(D);
  CHECK(K > 0 && D > 0 && inputs.size() == weights.size() * width && x.size() * chosen == inputs.size(),
        "x {}, weights {}, inputs {}", x.size(), weights.size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = weights[i / width] * x[i / (chosen * width) * width + i % width];
}

template <class S>
void weighInputsBackward(std::span<const S> x, std::span<const S> weights, int K, int D, std::span<const S> gradInputs,
                         std::span<S> gradX, std::span<S> gradWeights) {
  const size_t chosen = static_cast<size_t>(K), width = static_cast<size_t>(D);
  CHECK(K > 0 && D > 0 && gradInputs.size() == weights.size() * width && x.size() * chosen == gradInputs.size() &&
            gradX.size() == x.size() && gradWeights.size() == weights.size(),
        "x {}, weights {}, gradients {} {} {}", x.size(), weights.size(), gradInputs.size(), gradX.size(),
        gradWeights.size());
  for (size_t i = 0; i < gradInputs.size(); ++i) {
    const size_t at = i / (chosen * width) * width + i % width;
    gradX[at] += weights[i / width] * gradInputs[i];
    gradWeights[i / width] += x[at] * gradInputs[i];
  }
}

#define INSTANTIATE(S)                                                                                                 \
  template void combine<S>(std::span<const S>, std::span<const S>, int, int, std::span<S>);                            \
  template void combineBackward<S>(std::span<const S>, std::span<const S>, int, int, std::span<const S>, std::span<S>, \
                                   std::span<S>);                                                                      \
  template void weighInputs<S>(std::span<const S>, std::span<const S>, int, int, std::span<S>);                        \
  template void weighInputsBackward<S>(std::span<const S>, std::span<const S>, int, int, std::span<const S>,           \
                                       std::span<S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
