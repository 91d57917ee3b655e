#include "core/trace/ledger.h"

#include <algorithm>
#include <cmath>

#include "core/engine/ops.h"

namespace core {

namespace {

// A norm over the sum scales every part of it alike, so the parts still add up to what enters the stream.
void enterStream(const BlockStep& step, int K, int D, float* parts) {
  const LedgerParts at{K};
  double square = 0;
  for (int64_t d = 0; d < D; ++d) {
    double sum = 0;
    for (int p = at.expert(0); p <= at.shared(); ++p) sum += parts[int64_t{p} * D + d];
    square += sum * sum;
  }
  const double norm = step.postNorm ? 1 / std::sqrt(square / D + step.normEps) : 1;
  for (int p = at.expert(0); p <= at.shared(); ++p) {
    for (int64_t d = 0; d < D; ++d) {
      const double weight = step.postNorm ? step.postNorm[d] : 1;
      float& part = parts[int64_t{p} * D + d];
      part = static_cast<float>(part * step.residualScale * norm * weight);
    }
  }
}

}  // namespace

void layerParts(const kernels::Table& kernels, const LayerTensors& rows, int row, int K, int D, const BlockStep& step,
                float* parts) {
  const LedgerParts at{K};
  const auto place = [&](int part, const float* tensor, int64_t offset) {
    float* to = parts + static_cast<int64_t>(part) * D;
    if (tensor) {
      std::copy_n(tensor + offset, D, to);
    } else {
      std::fill_n(to, D, 0.f);
    }
  };
  const int64_t offset = static_cast<int64_t>(row) * D;
  place(at.residual(), rows.in, offset);
  place(at.attention(), rows.attention, offset);
  for (int j = 0; j < K; ++j) place(at.expert(j), rows.experts, (static_cast<int64_t>(row) * K + j) * D);
  place(at.shared(), rows.shared, offset);
  if (rows.experts && (step.residualScale != 1 || step.postNorm)) enterStream(step, K, D, parts);
  place(at.dense(), rows.dense, offset);
  kernels.remainder(parts, at.remainder(), rows.out + offset, D, parts + static_cast<int64_t>(at.remainder()) * D);
}

void ledgerRow(const kernels::Table& kernels, const LayerTensors& rows, int token, const float* parts,
               std::span<const uint8_t> present, int K, int D, std::vector<float>& scratch, LedgerRow& row) {
  const LedgerParts at{K};
  const auto width = static_cast<size_t>(D);
  const float* in = rows.in + static_cast<int64_t>(token) * D;
  const float* out = rows.out + static_cast<int64_t>(token) * D;
  scratch.resize(2 * width);
  float* update = scratch.data();
  float* routed = scratch.data() + width;
  for (int d = 0; d < D; ++d) update[d] = out[d] - in[d];
  const double outNorm = std::sqrt(kernels.dot(out, out, D));
  const double updateNorm = std::sqrt(kernels.dot(update, update, D));
  for (int p = 0; p < at.count(); ++p) {
    const auto index = static_cast<size_t>(p);
    double sums[3] = {};  // |part|^2, part . out, part . update
    if (present[index]) kernels.threeDots(parts + static_cast<int64_t>(p) * D, out, update, D, sums);
    row.norm[index] = static_cast<float>(std::sqrt(sums[0]));
    row.outputShare[index] = outNorm > 0 ? static_cast<float>(sums[1] / outNorm) : 0.f;
    row.updateShare[index] = p != at.residual() && updateNorm > 0 ? static_cast<float>(sums[2] / updateNorm) : 0.f;
  }
  row.outNorm = static_cast<float>(outNorm);
  row.updateNorm = static_cast<float>(updateNorm);
  row.cosine = NAN;
  if (!rows.experts || !rows.shared) return;
  std::fill_n(routed, D, 0.f);
  for (int j = 0; j < K; ++j) kernels.addScaled(routed, parts + static_cast<int64_t>(at.expert(j)) * D, 1.f, D);
  const float* shared = parts + static_cast<int64_t>(at.shared()) * D;
  const double lengths = std::sqrt(kernels.dot(routed, routed, D)) * row.norm[static_cast<size_t>(at.shared())];
  if (lengths > 0) row.cosine = static_cast<float>(kernels.dot(routed, shared, D) / lengths);
}

std::vector<uint8_t> presentParts(const LayerTensors& rows, int K) {
  const LedgerParts at{K};
  std::vector<uint8_t> present(static_cast<size_t>(at.count()), 1);
  for (int j = 0; j < K; ++j) present[static_cast<size_t>(at.expert(j))] = rows.experts != nullptr;
  present[static_cast<size_t>(at.shared())] = rows.shared != nullptr;
  present[static_cast<size_t>(at.dense())] = rows.dense != nullptr;
  return present;
}

void effectsOf(const kernels::Table& kernels, const float* parts, std::span<const uint8_t> present,
               const float* direction, int D, float* effects) {
  for (size_t p = 0; p < present.size(); ++p) {
    effects[p] = present[p] ? static_cast<float>(kernels.dot(parts + static_cast<int64_t>(p) * D, direction, D)) : 0.f;
  }
}

void effectsOfBoth(const kernels::Table& kernels, const float* parts, std::span<const uint8_t> present,
                   const float* one, const float* other, int D, float* effects, float* otherEffects) {
  for (size_t p = 0; p < present.size(); ++p) {
    double sums[3] = {};
    if (present[p]) kernels.threeDots(parts + static_cast<int64_t>(p) * D, one, other, D, sums);
    effects[p] = static_cast<float>(sums[1]);
    otherEffects[p] = static_cast<float>(sums[2]);
  }
}

void logitDirection(const kernels::Table& kernels, const Model& model, const float* finalNorm, const float* x,
                    int32_t token, float* direction) {
  const int D = model.config.width;
  const bool centred = model.config.norm == NormKind::Layer;
  double square = kernels.dot(x, x, D);
  if (centred) {
    double mean = 0;
    for (int d = 0; d < D; ++d) mean += x[d];
    mean /= D;
    square = 0;
    for (int d = 0; d < D; ++d) square += (x[d] - mean) * (x[d] - mean);
  }
  const double scale = model.config.logitScale / std::sqrt(square / D + model.config.lastNormEps());
  ops::embed(model.weights.output.weight, &token, 1, 1, direction);
  double middle = 0;
  for (int d = 0; d < D; ++d) {
    direction[d] = static_cast<float>(finalNorm[d] * scale * direction[d]);
    middle += direction[d];
  }
  for (int d = 0; centred && d < D; ++d) direction[d] -= static_cast<float>(middle / D);
}

}  // namespace core
