#include "core/routing/logit_norm.h"

#include <cmath>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

template <class S>
struct Spread {
  S mean = 0, std = 0, freedom = 0;  // freedom: E - ddof

  Spread(std::span<const S> row, int ddof) : freedom(static_cast<S>(row.size()) - static_cast<S>(ddof)) {
    CarefulSum<S> sum, squares;
    for (S value : row) sum.add(value);
    mean = sum.value() / static_cast<S>(row.size());
    for (S value : row) squares.add((value - mean) * (value - mean));
    std = freedom > 0 ? std::sqrt(squares.value() / freedom) : S{0};
  }
};

}  // namespace

template <class S>
void normaliseLogits(std::span<const S> logits, int E, S lambda, int ddof, std::span<S> out) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() % experts == 0 && out.size() == logits.size(), "logits {}, out {}, E {}", logits.size(),
        out.size(), E);
  for (size_t at = 0; at < logits.size(); at += experts) {
    const Spread<S> spread(logits.subspan(at, experts), ddof);
    for (size_t e = at; e < at + experts; ++e)
      out[e] = spread.std > 0 ? lambda * (logits[e] - spread.mean) / spread.std : S{0};
  }
}

template <class S>
void normaliseLogitsBackward(std::span<const S> logits, int E, S lambda, int ddof, std::span<const S> gradOut,
                             std::span<S> gradLogits) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() % experts == 0 && gradOut.size() == logits.size() && gradLogits.size() == logits.size(),
        "{} {} {}, E {}", logits.size(), gradOut.size(), gradLogits.size(), E);
  // z = (l - mean) / std:  dL/dl_i = lambda / std (g_i - mean g - z_i sum_e g_e z_e / (E - ddof))
  for (size_t at = 0; at < logits.size(); at += experts) {
    const Spread<S> spread(logits.subspan(at, experts), ddof);
    if (!(spread.std > 0)) continue;
    S mean = 0, along = 0;
    for (size_t e = at; e < at + experts; ++e) {
      mean += gradOut[e] / static_cast<S>(E);
      along += gradOut[e] * (logits[e] - spread.mean) / spread.std / spread.freedom;
    }
    for (size_t e = at; e < at + experts; ++e) {
      gradLogits[e] += lambda / spread.std * (gradOut[e] - mean - (logits[e] - spread.mean) / spread.std * along);
    }
  }
}

#define INSTANTIATE(S)                                                             \
  template void normaliseLogits<S>(std::span<const S>, int, S, int, std::span<S>); \
  template void normaliseLogitsBackward<S>(std::span<const S>, int, S, int, std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
