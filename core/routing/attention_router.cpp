#include "core/routing/attention_router.h"

#include <vector>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

// One row of A: softmax over j of q_i k_j.
template <class S>
void attentionRow(S query, std::span<const S> k, std::span<S> row) {
  for (size_t j = 0; j < k.size(); ++j) row[j] = query * k[j];
  softmaxRow<S>(row, row);
}

}  // namespace

template <class S>
void attentionLogits(std::span<const S> q, std::span<const S> k, std::span<const S> v, int E, std::span<S> logits) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && q.size() == logits.size() && k.size() == logits.size() && v.size() == logits.size() &&
            q.size() % experts == 0,
        "q {}, k {}, v {}, logits {}, E {}", q.size(), k.size(), v.size(), logits.size(), E);
  std::vector<S> row(experts);
  for (size_t i = 0; i < q.size(); ++i) {
    const size_t at = i / experts * experts;
    attentionRow<S>(q[i], k.subspan(at, experts), row);
    S sum = 0;
    for (size_t j = 0; j < experts; ++j) sum += row[j] * v[at + j];
    logits[i] = sum;
  }
}

template <class S>
void attentionLogitsBackward(std::span<const S> q, std::span<const S> k, std::span<const S> v, int E,
                             std::span<const S> gradLogits, std::span<S> gradQ, std::span<S> gradK,
                             std::span<S> gradV) {
  const size_t experts = static_cast<size_t>(E), size = gradLogits.size();
  CHECK(E > 0 && q.size() == size && k.size() == size && v.size() == size && gradQ.size() == size &&
            gradK.size() == size && gradV.size() == size && size % experts == 0,
        "q {}, k {}, v {}, gradients {} {} {} {}", q.size(), k.size(), v.size(), size, gradQ.size(), gradK.size(),
        gradV.size());
  std::vector<S> row(experts), gradRow(experts), gradDot(experts);
  for (size_t i = 0; i < size; ++i) {
    const size_t at = i / experts * experts;
    attentionRow<S>(q[i], k.subspan(at, experts), row);
    for (size_t j = 0; j < experts; ++j) {
      gradV[at + j] += gradLogits[i] * row[j];
      gradRow[j] = gradLogits[i] * v[at + j];
      gradDot[j] = 0;
    }
    softmaxBackwardRow<S>(row, gradRow, gradDot);
    for (size_t j = 0; j < experts; ++j) {
      gradQ[i] += gradDot[j] * k[at + j];
      gradK[at + j] += gradDot[j] * q[i];
    }
  }
}

#define INSTANTIATE(S)                                                                                             \
  template void attentionLogits<S>(std::span<const S>, std::span<const S>, std::span<const S>, int, std::span<S>); \
  template void attentionLogitsBackward<S>(std::span<const S>, std::span<const S>, std::span<const S>, int,        \
                                           std::span<const S>, std::span<S>, std::span<S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
