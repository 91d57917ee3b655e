#include "core/trace/ledger.h"

#include <algorithm>
#include <cmath>

#include "core/engine/ops.h"

namespace core {

namespace {

// A norm over the sum scales every part of it alike, so the parts still add up to what enters the stream. parts (count,
// D): what the block added.
void enterStream(const BlockStep& step, int count, int D, float* parts) {
  double square = 0;
  for (int64_t d = 0; d < D; ++d) {
    double sum = 0;
    for (int p = 0; p < count; ++p) sum += parts[int64_t{p} * D + d];
    square += sum * sum;
  }
  const double norm = step.postNorm ? 1 / std::sqrt(square / D + step.normEps) : 1;
  for (int p = 0; p < count; ++p) {
    for (int64_t d = 0; d < D; ++d) {
      const double weight = step.postNorm ? step.postNorm[d] : 1;
      float& part = parts[int64_t{p} * D + d];
      part = static_cast<float>(part * step.residualScale * norm * weight);
    }
  }
}

// f(part, its row) for each part of a token, the remainder last.
template <class F>
void forParts(const PartRows& parts, const LedgerParts& at, int64_t D, const F& f) {
  for (size_t i = 0; i < parts.present.size(); ++i) f(parts.present[i], parts.parts + static_cast<int64_t>(i) * D);
  f(at.remainder(), parts.rest);
}

}  // namespace

std::vector<int> presentParts(const LayerTensors& rows, int K) {
  const LedgerParts at{K};
  std::vector<int> present = {at.residual(), at.attention()};
  for (int j = 0; rows.experts && j < K; ++j) present.push_back(at.expert(j));
  if (rows.shared) present.push_back(at.shared());
  if (rows.dense) present.push_back(at.dense());
  return present;
}

void layerParts(const LayerTensors& rows, int row, std::span<const int> present, int K, int D, const BlockStep& step,
                float* parts) {
  const LedgerParts at{K};
  const int64_t offset = static_cast<int64_t>(row) * D;
  float* to = parts;
  float* block = nullptr;
  int blockParts = 0;
  for (const int part : present) {
    const bool expert = part >= at.expert(0) && part < at.shared();
    const float* from = part == at.residual()    ? rows.in + offset
                        : part == at.attention() ? rows.attention + offset
                        : part == at.shared()    ? rows.shared + offset
                        : part == at.dense()     ? rows.dense + offset
                                             : rows.experts + (static_cast<int64_t>(row) * K + part - at.expert(0)) * D;
    if (expert || part == at.shared()) {
      if (!block) block = to;
      ++blockParts;
    }
    std::copy_n(from, D, to);
    to += D;
  }
  if (rows.experts && (step.residualScale != 1 || step.postNorm)) enterStream(step, blockParts, D, block);
}

void ledgerRow(const kernels::Table& kernels, const LayerTensors& rows, int token, const PartRows& parts, int K, int D,
               std::vector<float>& scratch, LedgerRow& row) {
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
  for (const std::span<float> columns : {row.norm, row.outputShare, row.updateShare})
    std::fill(columns.begin(), columns.end(), 0.f);
  if (rows.experts && rows.shared) std::fill_n(routed, D, 0.f);
  const float* shared = nullptr;
  forParts(parts, at, D, [&](int part, const float* values) {
    const auto index = static_cast<size_t>(part);
    double sums[3] = {};  // |part|^2, part . out, part . update
    kernels.threeDots(values, out, update, D, sums);
    row.norm[index] = static_cast<float>(std::sqrt(sums[0]));
    if (outNorm > 0) row.outputShare[index] = static_cast<float>(sums[1] / outNorm);
    if (part != at.residual() && updateNorm > 0) row.updateShare[index] = static_cast<float>(sums[2] / updateNorm);
    if (part == at.shared()) shared = values;
    if (rows.shared && part >= at.expert(0) && part < at.shared()) kernels.addScaled(routed, values, 1.f, D);
  });
  row.outNorm = static_cast<float>(outNorm);
  row.updateNorm = static_cast<float>(updateNorm);
  row.cosine = NAN;
  if (!rows.experts || !shared) return;
  const double lengths = std::sqrt(kernels.dot(routed, routed, D)) * row.norm[static_cast<size_t>(at.shared())];
  if (lengths > 0) row.cosine = static_cast<float>(kernels.dot(routed, shared, D) / lengths);
}

void effectsOf(const kernels::Table& kernels, const PartRows& parts, const float* direction, int K, int D,
               float* effects) {
  const LedgerParts at{K};
  std::fill_n(effects, at.count(), 0.f);
  forParts(parts, at, D, [&](int part, const float* values) {
    effects[part] = static_cast<float>(kernels.dot(values, direction, D));
  });
}

void effectsOfBoth(const kernels::Table& kernels, const PartRows& parts, const float* one, const float* other, int K,
                   int D, float* effects, float* otherEffects) {
  const LedgerParts at{K};
  std::fill_n(effects, at.count(), 0.f);
  std::fill_n(otherEffects, at.count(), 0.f);
  forParts(parts, at, D, [&](int part, const float* values) {
    double sums[3] = {};
    kernels.threeDots(values, one, other, D, sums);
    effects[part] = static_cast<float>(sums[1]);
    otherEffects[part] = static_cast<float>(sums[2]);
  });
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
