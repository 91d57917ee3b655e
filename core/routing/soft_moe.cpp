#include "core/routing/soft_moe.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

constexpr double kEps = 1e-6;

// rows (n, D) over sqrt(|row|^2 + eps), with the divisors beside them.
template <class S>
struct Normalised {
  std::vector<S> rows, norms;
  size_t D;

  Normalised(std::vector<S> values, size_t width) : rows(std::move(values)), D(width) {
    for (size_t at = 0; at < rows.size(); at += D) {
      S squares = 0;
      for (size_t d = 0; d < D; ++d) squares += rows[at + d] * rows[at + d];
      norms.push_back(std::sqrt(squares + static_cast<S>(kEps)));
      for (size_t d = 0; d < D; ++d) rows[at + d] /= norms.back();
    }
  }

  // n = v / N, N = sqrt(|v|^2 + eps): dL/dv = (g - n (n . g)) / N
  std::vector<S> backward(std::vector<S> grad) const {
    for (size_t at = 0; at < grad.size(); at += D) {
      S along = 0;
      for (size_t d = 0; d < D; ++d) along += grad[at + d] * rows[at + d];
      for (size_t d = 0; d < D; ++d) grad[at + d] = (grad[at + d] - rows[at + d] * along) / norms[at / D];
    }
    return grad;
  }
};

// (n, m) as (m, n)
template <class S>
std::vector<S> transposed(std::span<const S> values, size_t n, size_t m) {
  std::vector<S> out(values.size());
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < m; ++j) out[j * n + i] = values[i * m + j];
  }
  return out;
}

// out (n, m) += a (n, k) b (k, m)
template <class S>
void multiplyAdd(std::span<const S> a, std::span<const S> b, size_t n, size_t k, size_t m, std::span<S> out) {
  for (size_t i = 0; i < n; ++i) {
    for (size_t p = 0; p < k; ++p) {
      for (size_t j = 0; j < m; ++j) out[i * m + j] += a[i * k + p] * b[p * m + j];
    }
  }
}

}  // namespace

template <class S>
SoftMoe<S> softMoeDispatch(std::span<const S> x, std::span<const S> mu, S scale, int D, int Q) {
  const size_t width = static_cast<size_t>(D), slots = static_cast<size_t>(Q), T = x.size() / width;
  CHECK(D > 0 && Q > 0 && x.size() == T * width && mu.size() == width * slots, "x {}, mu {}, D {}, Q {}", x.size(),
        mu.size(), D, Q);
  const Normalised<S> xn(std::vector<S>(x.begin(), x.end()), width), mn(transposed(mu, width, slots), width);
  SoftMoe<S> out;
  out.logits.resize(T * slots);
  out.combine.resize(T * slots);
  out.slots.assign(slots * width, 0);
  for (size_t i = 0; i < out.logits.size(); ++i) {
    S dot = 0;
    for (size_t d = 0; d < width; ++d) dot += xn.rows[i / slots * width + d] * mn.rows[i % slots * width + d];
    out.logits[i] = scale * dot;
  }
  if (T == 0) return out;
  softmaxRows<S>(out.logits, Q, out.combine);
  std::vector<S> bySlot = transposed<S>(out.logits, T, slots);
  softmaxRows<S>(bySlot, static_cast<int>(T), bySlot);
  multiplyAdd<S>(bySlot, x, slots, T, width, out.slots);
  out.dispatch = transposed<S>(bySlot, slots, T);
  return out;
}

template <class S>
void softMoeCombine(const SoftMoe<S>& soft, std::span<const S> outputs, int D, std::span<S> y) {
  const size_t width = static_cast<size_t>(D), slots = outputs.size() / width, T = y.size() / width;
  CHECK(outputs.size() == soft.slots.size() && soft.combine.size() == T * slots, "outputs {}, y {}", outputs.size(),
        y.size());
  std::fill(y.begin(), y.end(), S{0});
  multiplyAdd<S>(soft.combine, outputs, T, slots, width, y);
}

template <class S>
void softMoeCombineBackward(const SoftMoe<S>& soft, std::span<const S> outputs, int D, std::span<const S> gradY,
                            std::span<S> gradOutputs, std::span<S> gradLogits) {
  const size_t width = static_cast<size_t>(D), slots = outputs.size() / width, T = gradY.size() / width;
  CHECK(outputs.size() == soft.slots.size() && gradOutputs.size() == outputs.size() && gradLogits.size() == T * slots &&
            soft.combine.size() == T * slots,
        "outputs {}, gradients {} {} {}", outputs.size(), gradY.size(), gradOutputs.size(), gradLogits.size());
  multiplyAdd<S>(transposed<S>(soft.combine, T, slots), gradY, slots, T, width, gradOutputs);
  std::vector<S> gradCombine(T * slots);
  multiplyAdd<S>(gradY, transposed<S>(outputs, slots, width), T, width, slots, gradCombine);
  softmaxBackwardRows<S>(soft.combine, gradCombine, static_cast<int>(slots), gradLogits);
}

template <class S>
void softMoeDispatchBackward(const SoftMoe<S>& soft, std::span<const S> x, std::span<const S> mu, S scale, int D,
                             std::span<const S> gradSlots, std::span<S> gradLogits, SoftMoeGradients<S>& gradients) {
  const size_t width = static_cast<size_t>(D), T = x.size() / width, slots = gradSlots.size() / width;
  CHECK(gradSlots.size() == soft.slots.size() && gradLogits.size() == T * slots && gradients.x.size() == x.size() &&
            mu.size() == width * slots && gradients.mu.size() == mu.size(),
        "slots {}, logits {}, x {}, mu {}", gradSlots.size(), gradLogits.size(), gradients.x.size(),
        gradients.mu.size());
  if (T == 0) return;
  // slots = dispatch^T x
  multiplyAdd<S>(soft.dispatch, gradSlots, T, slots, width, gradients.x);
  std::vector<S> gradBySlot(slots * T), logitsBySlot(slots * T);
  multiplyAdd<S>(gradSlots, transposed<S>(x, T, width), slots, width, T, gradBySlot);
  softmaxBackwardRows<S>(transposed<S>(soft.dispatch, T, slots), gradBySlot, static_cast<int>(T), logitsBySlot);
  for (size_t i = 0; i < gradLogits.size(); ++i) gradLogits[i] += logitsBySlot[i % slots * T + i / slots];

  // logits = scale xn mn^T
  const Normalised<S> xn(std::vector<S>(x.begin(), x.end()), width), mn(transposed(mu, width, slots), width);
  std::vector<S> gradXn(x.size()), gradMn(mu.size()), scaled(gradLogits.begin(), gradLogits.end());
  for (size_t i = 0; i < scaled.size(); ++i) {
    S dot = 0;
    for (size_t d = 0; d < width; ++d) dot += xn.rows[i / slots * width + d] * mn.rows[i % slots * width + d];
    gradients.scale += scaled[i] * dot;
    scaled[i] *= scale;
  }
  multiplyAdd<S>(scaled, mn.rows, T, slots, width, gradXn);
  multiplyAdd<S>(transposed<S>(scaled, T, slots), xn.rows, slots, T, width, gradMn);
  const std::vector<S> gradX = xn.backward(std::move(gradXn)), gradMuT = mn.backward(std::move(gradMn));
  for (size_t i = 0; i < gradX.size(); ++i) gradients.x[i] += gradX[i];
  for (size_t i = 0; i < mu.size(); ++i) gradients.mu[i] += gradMuT[i % slots * width + i / slots];
}

#define INSTANTIATE(S)                                                                                        \
  template SoftMoe<S> softMoeDispatch<S>(std::span<const S>, std::span<const S>, S, int, int);                \
  template void softMoeCombine<S>(const SoftMoe<S>&, std::span<const S>, int, std::span<S>);                  \
  template void softMoeCombineBackward<S>(const SoftMoe<S>&, std::span<const S>, int, std::span<const S>,     \
                                          std::span<S>, std::span<S>);                                        \
  template void softMoeDispatchBackward<S>(const SoftMoe<S>&, std::span<const S>, std::span<const S>, S, int, \
                                           std::span<const S>, std::span<S>, SoftMoeGradients<S>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
