// The operations of a forward pass as recorded dispatches, one function an op, named like the CPU's (core/engine/ops.h,
// core/routing). Strides count floats; T tokens, D width, E experts, K chosen.
#pragma once

#include "core/engine/ops.h"
#include "gpu/commands.h"
#include "gpu/device_weights.h"
#include "gpu/shaders/shared.h"

namespace gpu {

struct Rows {  // float rows in a buffer
  View view;
  uint32_t stride = 0;
};

// Tiles of the grouped products and the rows they stand for.
struct Batches {
  View tiles, rows, applied;  // applied: weights (T, K)
  uint32_t tileRows = 0, tileCount = 0;
  uint32_t chosen = 0;                     // K
  bool gather = false;                     // x is by token
  bool scatter = false;                    // y is by choice
  bool weighIn = false, weighOut = false;  // x, or y, is multiplied by the choice's weight
};

struct NormViews {
  View weight, bias;  // (D), bias null: none
};

struct HeadViews {
  Rows q, k, v;       // (T, A, P), (T, G, P), (T, G, R): tight heads
  View queries;       // (T, A, paddedDim)
  View keys, values;  // the cache, as attention reads it
};

struct Turns {
  View view;             // cosines (T, pairs), then sines
  uint32_t sinesAt = 0;  // in floats
};

struct AttentionViews {
  View q;                  // (T, A, paddedDim)
  View keys, values;       // (positions, G, paddedDim), (positions, G, paddedValue)
  View scores;             // scratch
  uint32_t positions = 0;  // bound of first + T, a multiple of 8
  View sinks;              // (A), null: none
};

struct RouterViews {
  View logits, scores, ids, applied;  // (T, E), (T, E), (T, K), (T, K)
};

// Of a router whose logits come from the experts' attention to each other.
struct ExpertAttentionViews {
  View query, key, value, logits;  // (T, E)
};

struct DispatchViews {
  View ids, slot, kept;  // (T, K)
  View asked, begins;    // (E)
  View tiles, rows;
};

class DeviceOps {
 public:
  // `step` holds the position of the first token.
  DeviceOps(Recorder& recorder, const Device& device, View step);

  void embed(View ids, uint32_t T, const Matrix& table, float scale, View x);
  void norm(core::NormKind kind, Rows x, uint32_t rows, uint32_t groups, uint32_t width, const NormViews& weights,
            double eps, Rows y, uint32_t firstToken = 0);
  // x += scale * added, then y = norm(x)
  void addAndNorm(core::NormKind kind, Rows x, Rows added, double scale, uint32_t T, uint32_t width,
                  const NormViews& weights, double eps, Rows y);
  void linear(const Matrix& matrix, Rows x, uint32_t rows, Rows y, float scale = 1, const Batches* batches = nullptr);
  void clip(Rows x, uint32_t rows, uint32_t width, double limit);
  // Rotates queries and keys and lays them and the values out for attention. `turns` without a view: no rotation;
  // temperature 0: queries stay as long as they are.
  void rope(const core::AttentionConfig& config, uint32_t T, const HeadViews& heads, const Turns& turns,
            double temperature = 0, int temperatureFloor = 1);
  // A copy with padded heads; atPosition: into a cache.
  void padHeads(Rows x, uint32_t T, uint32_t heads, uint32_t headDim, View y, bool atPosition);
  // made (T, A, N + R), common (T, P - N), k (T, A, P), v (T, A, R): tight rows
  void latentHeads(const core::ops::LatentShape& shape, View made, View common, View k, View v);
  // Of `layer`: window and chunk.
  void attention(const core::AttentionConfig& config, const core::LayerConfig& layer, uint32_t T,
                 const AttentionViews& views, Rows y);
  void attentionLogits(const ExpertAttentionViews& views, uint32_t T, uint32_t E);
  // y[r] = x before and x of the token, interleaved. With byPosition x is a cache and y begins one position before
  // token 0; else x begins one position before token 0, and y with it. Zeros before position 0.
  void pairWithPrevious(Rows x, uint32_t rows, uint32_t width, bool byPosition, Rows y);
  void softmaxRows(const RouterViews& views, uint32_t T, uint32_t E);
  void sigmoidRows(const RouterViews& views, uint32_t T, uint32_t E);
  // selection (T, E) from the scores, for topK; bias (E) or null
  void groupedSelection(const RouterViews& views, uint32_t T, uint32_t E, const core::GroupLimits& limits, View bias,
                        View selection);
  // ids and applied, K = 2
  void sparseMixer(const RouterViews& views, uint32_t T, uint32_t E, double jitter);
  // normed = lambda (logits - mean) / standard deviation of each row (core/routing/logit_norm.h, divisor E - 1)
  void normaliseLogits(const RouterViews& views, uint32_t T, uint32_t E, double lambda, View normed);
  void topK(const RouterViews& views, uint32_t T, uint32_t E, uint32_t K);
  void chosenWeights(core::WeightForm form, double scale, const RouterViews& views, uint32_t T, uint32_t E, uint32_t K);
  // All of the router's steps and the dispatch of a single token, whose choices are all kept.
  void routeToken(core::WeightForm form, double scale, const RouterViews& router, const DispatchViews& dispatch,
                  uint32_t E, uint32_t K);
  // The choice of every token by a recipe of its own, see routing_changes.h. `seen` and `selection`: (T, E) scratch;
  // `table`: the first word of the layer's row in `changes`.
  void chooseChanged(const RouterViews& views, View seen, View selection, View bias, View changes, uint32_t table,
                     uint32_t T, uint32_t E, uint32_t columns);
  // slots, then batchByExpert: rank-major; capacity UINT32_MAX keeps every choice. An id past the
  // last expert is a choice that a token has not: it gets slot -1 and is not kept.
  void slots(const DispatchViews& views, uint32_t T, uint32_t E, uint32_t K, uint32_t capacity);
  void batchByExpert(const DispatchViews& views, uint32_t T, uint32_t E, uint32_t K, uint32_t capacity,
                     uint32_t tileRows, uint32_t tileCount);
  void activate(core::Activation activation, Rows gate, Rows up, uint32_t rows, uint32_t width, Rows y);
  // `stream`, of y's stride, or null: takes scale * y.
  void sumRanks(Rows parts, uint32_t T, uint32_t K, uint32_t width, Rows y, View stream = {}, double scale = 0);
  void sigmoidGate(View logit, Rows x, uint32_t T, uint32_t width);
  // x[t] *= factors[first + t]
  void scaleRows(Rows x, View factors, uint32_t first, uint32_t T, uint32_t width);
  void add(Rows x, Rows y, uint32_t T, uint32_t width, double scale);

  // Rows of a tile for grouped products of `choices` choices among `experts`, and how many tiles can come of it.
  uint32_t tileRows(uint32_t choices, uint32_t experts) const;
  static uint32_t tileCount(uint32_t choices, uint32_t experts, uint32_t tileRows);
  // Queries handled at once so that their scores fit into `bytes`.
  static uint32_t queryBlock(uint32_t T, uint32_t heads, uint32_t positions, uint64_t bytes);

 private:
  void recordNorm(core::NormKind kind, Rows x, Rows added, double scale, uint32_t rows, uint32_t groups, uint32_t width,
                  const NormViews& weights, double eps, Rows y, uint32_t firstToken);
  void attentionBlock(AttentionParams params, const AttentionViews& views, Rows y);

  Recorder& m_recorder;
  const Device& m_device;
  View m_step;
  uint32_t m_lanes;  // of kernels that add up a row together
};

}  // namespace gpu
