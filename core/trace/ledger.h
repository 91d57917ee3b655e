// What made a layer's output. The parts of one token are vectors of the residual stream; what they leave unexplained
// (rounding, or parts that an engine cannot tell apart) is a part too, the remainder, so they always add up.
#pragma once

#include <span>
#include <vector>

#include "core/engine/kernels/kernels.h"
#include "core/trace/hooks.h"

namespace core {

// What happens to the experts' outputs on their way into the stream.
struct BlockStep {
  double residualScale = 1;         // as in ModelConfig
  const float* postNorm = nullptr;  // (D) weight of an RMS norm over their sum, null: none
  double normEps = 0;
};

// The N parts that a layer has, of the P = K + 5 in LedgerParts and in their order, without the remainder: that one is
// what they leave of the layer's output.
std::vector<int> presentParts(const LayerTensors& rows, int K);

// Their rows for one token, (N, D). `rows` holds the ledger tensors, `row` the token's place in them.
void layerParts(const LayerTensors& rows, int row, std::span<const int> present, int K, int D, const BlockStep& step,
                float* parts);

// What is known of the parts of one token.
struct PartRows {
  const float* parts = nullptr;  // (N, D)
  const float* rest = nullptr;   // (D) the remainder
  std::span<const int> present;  // (N)
};

// Columns of the ledger hooks for one token: norms, projections on the output and on the update (P each), then scalars.
struct LedgerRow {
  std::span<float> norm, outputShare, updateShare;  // (P)
  float outNorm = 0, updateNorm = 0, cosine = 0;    // cosine: NaN without a routed or a shared part
};
// Columns of parts that the layer has not are 0. `scratch`: memory of the calling thread, kept between rows.
void ledgerRow(const kernels::Table& kernels, const LayerTensors& rows, int token, const PartRows& parts, int K, int D,
               std::vector<float>& scratch, LedgerRow& row);

// effects[p] = part p . direction, 0 for parts that are not there; direction (D), effects (P). The second form reads
// the parts once for two directions.
void effectsOf(const kernels::Table& kernels, const PartRows& parts, const float* direction, int K, int D,
               float* effects);
void effectsOfBoth(const kernels::Table& kernels, const PartRows& parts, const float* one, const float* other, int K,
                   int D, float* effects, float* otherEffects);

// direction (D): g * U[token] * logitScale / rms(x), the way a vector of the stream reaches the logit of `token`.
// Before a layer norm's scale the mean is taken off: its direction has none, and rms(x) is the deviation from the mean.
// What the biases of norm and output add belongs to no part.
void logitDirection(const kernels::Table& kernels, const Model& model, const float* finalNorm, const float* x,
                    int32_t token, float* direction);

}  // namespace core
