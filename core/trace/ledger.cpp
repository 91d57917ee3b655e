#include "core/trace/ledger.h"

#include <algorithm>
#include <cmath>

#include "core/engine/kernels/kernels.h"
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

void layerParts(const LayerTensors& rows, int row, int K, int D, const BlockStep& step, float* parts) {
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
  float* remainder = parts + static_cast<int64_t>(at.remainder()) * D;
  for (int d = 0; d < D; ++d) {
    double sum = 0;
    for (int p = 0; p < at.remainder(); ++p) sum += parts[static_cast<int64_t>(p) * D + d];
    remainder[d] = static_cast<float>(rows.out[offset + d] - sum);
  }
}

void ledgerRow(const float* parts, const float* in, const float* out, int K, int D, LedgerRow& row) {
  const LedgerParts at{K};
  const auto& dot = core::kernels::best().dot;
  std::vector<float> update(static_cast<size_t>(D));
  for (int d = 0; d < D; ++d) update[static_cast<size_t>(d)] = out[d] - in[d];
  const double outNorm = std::sqrt(dot(out, out, D));
  const double updateNorm = std::sqrt(dot(update.data(), update.data(), D));
  for (int p = 0; p < at.count(); ++p) {
    const float* part = parts + static_cast<int64_t>(p) * D;
    const auto index = static_cast<size_t>(p);
    row.norm[index] = static_cast<float>(std::sqrt(dot(part, part, D)));
    row.outputShare[index] = outNorm > 0 ? static_cast<float>(dot(part, out, D) / outNorm) : 0.f;
    const bool counts = p != at.residual() && updateNorm > 0;
    row.updateShare[index] = counts ? static_cast<float>(dot(part, update.data(), D) / updateNorm) : 0.f;
  }
  row.outNorm = static_cast<float>(outNorm);
  row.updateNorm = static_cast<float>(updateNorm);

  std::vector<float> routed(static_cast<size_t>(D), 0.f);
  for (int j = 0; j < K; ++j) {
    for (int d = 0; d < D; ++d) routed[static_cast<size_t>(d)] += parts[static_cast<int64_t>(at.expert(j)) * D + d];
  }
  const float* shared = parts + static_cast<int64_t>(at.shared()) * D;
  const double lengths = std::sqrt(dot(routed.data(), routed.data(), D)) * row.norm[static_cast<size_t>(at.shared())];
  row.cosine = lengths > 0 ? static_cast<float>(dot(routed.data(), shared, D) / lengths) : NAN;
}

void effectsOf(const float* parts, const float* direction, int P, int D, float* effects) {
  const auto& dot = core::kernels::best().dot;
  for (int p = 0; p < P; ++p) effects[p] = static_cast<float>(dot(parts + static_cast<int64_t>(p) * D, direction, D));
}

void logitDirection(const Model& model, const float* finalNorm, const float* x, int32_t token, float* direction) {
  const int D = model.config.width;
  const bool centred = model.config.norm == NormKind::Layer;
  double mean = 0, square = 0;
  for (int d = 0; centred && d < D; ++d) mean += x[d];
  mean /= D;
  for (int d = 0; d < D; ++d) square += (x[d] - mean) * (x[d] - mean);
  const double scale = model.config.logitScale / std::sqrt(square / D + model.config.lastNormEps());
  const Tensor& output = model.weights.output.weight;
  double middle = 0;
  for (int d = 0; d < D; ++d) {
    direction[d] = static_cast<float>(finalNorm[d] * scale * ops::element(output, static_cast<int64_t>(token) * D + d));
    middle += direction[d];
  }
  for (int d = 0; centred && d < D; ++d) direction[d] -= static_cast<float>(middle / D);
}

}  // namespace core
