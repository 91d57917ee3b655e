#include "gpu/device_ops.h"

#include <algorithm>

#include "core/base/check.h"

namespace gpu {
namespace {

constexpr uint32_t kWide = 64;  // invocations of a workgroup of elementwise kernels

uint32_t divideUp(uint32_t a, uint32_t b) { return (a + b - 1) / b; }

uint32_t weightKind(core::WeightForm form) {
  using core::WeightForm;
  switch (form) {
    case WeightForm::Raw:
      return kWeightScore;
    case WeightForm::Renorm:
    case WeightForm::SoftmaxTopK:
      return kWeightSoftmax;
    case WeightForm::Sigmoid:
      return kWeightSigmoid;
    case WeightForm::SigmoidRenorm:  // scores that are sigmoids
      return kWeightScoreRenorm;
    case WeightForm::DoubleSoftmax:
      break;
  }
  CHECK(false, "weight form {}", core::weightFormName(form));
  return 0;
}

}  // namespace

DeviceOps::DeviceOps(Recorder& recorder, const Device& device, View step)
    : m_recorder(recorder), m_device(device), m_step(step), m_lanes(device.hostMemory() ? 8 : 64) {}

void DeviceOps::embed(View ids, uint32_t T, const Matrix& table, float scale, View x) {
  for (const MatrixSlice& slice : table.slices) {
    const EmbedParams params{T, table.steps(), slice.firstOutput, slice.outputs, scale};
    m_recorder.dispatch("embed", {kWide, typeConstant(table.type)}, {ids, slice.view, x}, params,
                        {divideUp(table.steps(), kWide), T});
  }
}

void DeviceOps::norm(core::NormKind kind, Rows x, uint32_t rows, uint32_t groups, uint32_t width,
                     const NormViews& weights, double eps, Rows y, uint32_t firstToken) {
  recordNorm(kind, x, {}, 0, rows, groups, width, weights, eps, y, firstToken);
}

void DeviceOps::addAndNorm(core::NormKind kind, Rows x, Rows added, double scale, uint32_t T, uint32_t width,
                           const NormViews& weights, double eps, Rows y) {
  recordNorm(kind, x, added, scale, T, 1, width, weights, eps, y, 0);
}

void DeviceOps::recordNorm(core::NormKind kind, Rows x, Rows added, double scale, uint32_t rows, uint32_t groups,
                           uint32_t width, const NormViews& weights, double eps, Rows y, uint32_t firstToken) {
  const bool centred = kind == core::NormKind::Layer;
  const NormParams params{rows,
                          width,
                          groups,
                          x.stride,
                          y.stride,
                          firstToken,
                          centred ? 1u : 0u,
                          weights.bias ? 1u : 0u,
                          static_cast<float>(eps),
                          added.stride,
                          static_cast<float>(scale)};
  const View bias = weights.bias ? weights.bias : weights.weight;
  if (added.view) {
    m_recorder.dispatch("addAndNorm", {m_lanes}, {x.view, weights.weight, y.view, bias, added.view}, params, {rows});
  } else {
    m_recorder.dispatch("norm", {m_lanes}, {x.view, weights.weight, y.view, bias}, params, {rows});
  }
}

void DeviceOps::linear(const Matrix& matrix, Rows x, uint32_t rows, Rows y, float scale, const Batches* batches) {
  CHECK(x.stride % 4 == 0, "rows of {} floats", x.stride);
  const uint32_t tileRows = batches ? batches->tileRows : this->tileRows(rows, 1);
  const uint32_t tiles = batches ? batches->tileCount : divideUp(rows, tileRows);
  ProductParams params{};
  params.rows = rows;
  params.allOutputs = matrix.outputs;
  params.steps = matrix.steps();
  params.xSteps = x.stride / 4;
  params.yStride = y.stride;
  params.scale = scale;
  params.chosen = batches ? batches->chosen : 1;
  if (matrix.bias) params.flags |= kProductBias;
  if (batches && batches->gather) params.flags |= kProductGather;
  if (batches && batches->scatter) params.flags |= kProductScatter;
  if (batches && batches->weighIn) params.flags |= kProductWeighIn;
  if (batches && batches->weighOut) params.flags |= kProductWeighOut;
  const View bias = matrix.bias ? matrix.bias : m_step;
  const uint32_t type = typeConstant(matrix.type), grouped = batches ? 1 : 0;
  for (const MatrixSlice& slice : matrix.slices) {
    params.outputs = slice.outputs;
    params.firstOutput = slice.firstOutput;
    params.firstExpert = slice.firstExpert;
    params.experts = slice.experts;
    const auto record = [&](std::string_view kernel, uint32_t lanes, uint32_t outputs, uint32_t outputsAGroup) {
      m_recorder.dispatch(kernel, {lanes, type, tileRows, grouped, outputs},
                          {x.view, slice.view, y.view, bias, batches ? batches->tiles : m_step,
                           batches ? batches->rows : m_step, batches ? batches->applied : m_step},
                          params, {divideUp(slice.outputs, outputsAGroup), tiles},
                          static_cast<double>(rows) * slice.outputs * slice.experts / matrix.experts * matrix.inputs);
    };
    if (m_device.hostMemory()) {
      const uint32_t outputs = core::isQuantised(matrix.type) ? 4 : 8;  // what unpacks blocks is long enough
      record("linearRegisters", 8, outputs, 8 * outputs);
    } else if (tileRows == 1) {
      record("linearRow", 64, 4, 4);
    } else {
      record("linearTiles", tileRows * 4, 4, 64);
    }
  }
}

void DeviceOps::clip(Rows x, uint32_t rows, uint32_t width, double limit) {
  const RowsParams params{rows, width, x.stride, 0, 1, static_cast<float>(limit)};
  m_recorder.dispatch("clip", {kWide}, {x.view}, params, {divideUp(width, kWide), rows});
}

void DeviceOps::rope(const core::AttentionConfig& config, uint32_t T, const HeadViews& heads, const Turns& turns,
                     double temperature, int temperatureFloor) {
  RopeParams params{};
  params.tokens = T;
  params.heads = static_cast<uint32_t>(config.heads);
  params.keyHeads = static_cast<uint32_t>(config.keyValueHeads);
  params.headDim = static_cast<uint32_t>(config.headDim);
  params.valueDim = static_cast<uint32_t>(config.valueDim());
  params.paddedDim = padded(params.headDim);
  params.paddedValue = padded(params.valueDim);
  params.queryStride = heads.q.stride;
  params.keyStride = heads.k.stride;
  params.valueStride = heads.v.stride;
  params.pairs = turns.view ? static_cast<uint32_t>(config.rope.dimensions) / 2 : 0;
  params.offset = static_cast<uint32_t>(config.rope.offset);
  params.sinesAt = turns.sinesAt;
  params.interleaved = config.rope.layout == core::RopeLayout::Interleaved ? 1 : 0;
  params.temperature = static_cast<float>(temperature);
  params.temperatureFloor = static_cast<uint32_t>(temperatureFloor);
  const uint32_t widest =
      std::max(params.heads * params.paddedDim, params.keyHeads * std::max(params.paddedDim, params.paddedValue));
  m_recorder.dispatch("rope", {kWide},
                      {heads.q.view, heads.k.view, heads.v.view, turns.view ? turns.view : m_step, m_step,
                       heads.queries, heads.keys, heads.values},
                      params, {divideUp(widest, kWide), T, 3});
}

void DeviceOps::padHeads(Rows x, uint32_t T, uint32_t heads, uint32_t headDim, View y, bool atPosition) {
  const PadParams params{T, heads, headDim, padded(headDim), x.stride, atPosition ? 1u : 0u};
  m_recorder.dispatch("padHeads", {kWide}, {x.view, y, m_step}, params, {divideUp(heads * params.paddedDim, kWide), T});
}

void DeviceOps::latentHeads(const core::ops::LatentShape& shape, View made, View common, View k, View v) {
  const auto positive = [](int value) { return static_cast<uint32_t>(value); };
  const LatentParams params{positive(shape.T), positive(shape.heads), positive(shape.nopeDim), positive(shape.headDim),
                            positive(shape.valueDim)};
  m_recorder.dispatch("latentHeads", {kWide}, {made, common, k, v}, params,
                      {divideUp(params.heads * (params.headDim + params.valueDim), kWide), params.tokens});
}

uint32_t DeviceOps::queryBlock(uint32_t T, uint32_t heads, uint32_t positions, uint64_t bytes) {
  const uint64_t rows = bytes / (uint64_t{4} * heads * positions);
  if (rows >= T) return T;
  return static_cast<uint32_t>(rows >= 8 ? rows / 8 * 8 : std::max<uint64_t>(rows, 1));
}

void DeviceOps::attention(const core::AttentionConfig& config, const core::LayerConfig& layer, uint32_t T,
                          const AttentionViews& views, Rows y) {
  AttentionParams params{};
  params.heads = static_cast<uint32_t>(config.heads);
  params.keyHeads = static_cast<uint32_t>(config.keyValueHeads);
  params.group = params.heads / params.keyHeads;
  params.headDim = static_cast<uint32_t>(config.headDim);
  params.paddedDim = padded(params.headDim);
  params.valueDim = static_cast<uint32_t>(config.valueDim());
  params.paddedValue = padded(params.valueDim);
  params.scoreStride = views.positions;
  params.yStride = y.stride;
  params.window = static_cast<uint32_t>(layer.window);
  params.chunk = static_cast<uint32_t>(layer.chunk);
  params.scale = static_cast<float>(config.scale);
  params.logitCap = static_cast<float>(config.logitCap);
  params.tiled = config.tiledKeyValues ? 1 : 0;
  params.sinks = views.sinks ? 1 : 0;
  if (T == 1 && config.logitCap == 0 && !views.sinks) {  // what the kernel for a single token knows
    params.tokens = 1;
    m_recorder.dispatch("attentionToken", {m_lanes}, {views.q, views.keys, views.scores, views.values, y.view, m_step},
                        params, {params.heads},
                        1.0 * params.heads * params.scoreStride * (params.paddedDim + params.paddedValue));
    return;
  }
  const uint32_t block = queryBlock(T, params.heads, views.positions, views.scores.bytes);
  for (uint32_t first = 0; first < T; first += block) {
    params.firstQuery = first;
    params.tokens = std::min(block, T - first);
    attentionBlock(params, views, y);
    if (first + block < T) m_recorder.barrier();
  }
}

void DeviceOps::attentionBlock(AttentionParams params, const AttentionViews& views, Rows y) {
  const uint32_t tile = params.tokens == 1 ? 1 : m_device.hostMemory() ? 8 : 4;
  const uint32_t lanes = m_device.hostMemory() ? 8 : 32;
  const double pairs = static_cast<double>(params.tokens) * params.heads * params.scoreStride;
  const uint32_t tiles = divideUp(params.tokens, tile);
  m_recorder.dispatch("attentionScores", {lanes, tile}, {views.q, views.keys, views.scores, m_step}, params,
                      {divideUp(params.scoreStride, 8 * lanes), tiles, params.heads}, pairs * params.paddedDim);
  m_recorder.barrier();
  m_recorder.dispatch("attentionSoftmax", {m_lanes}, {views.scores, m_step, views.sinks ? views.sinks : m_step}, params,
                      {params.tokens, params.heads});
  m_recorder.barrier();
  m_recorder.dispatch("attentionMix", {lanes, tile}, {views.scores, views.values, y.view, m_step}, params,
                      {divideUp(params.heads * params.paddedValue / 8, lanes), tiles}, pairs * params.paddedValue);
}

void DeviceOps::attentionLogits(const ExpertAttentionViews& views, uint32_t T, uint32_t E) {
  const RouterParams params{T, E, 0, E, 0, 1};
  m_recorder.dispatch("attentionLogits", {kWide}, {views.query, views.key, views.value, views.logits}, params,
                      {divideUp(E, kWide), T});
}

void DeviceOps::pairWithPrevious(Rows x, uint32_t rows, uint32_t width, bool byPosition, Rows y) {
  const PairParams params{rows, width, x.stride, y.stride, byPosition ? 2u : 1u, byPosition ? 1u : 0u};
  m_recorder.dispatch("pairWithPrevious", {kWide}, {x.view, y.view, m_step}, params, {divideUp(y.stride, kWide), rows});
}

void DeviceOps::softmaxRows(const RouterViews& views, uint32_t T, uint32_t E) {
  const RouterParams params{T, E, 0, E, 0, 1};
  m_recorder.dispatch("softmaxRows", {m_lanes}, {views.logits, views.scores}, params, {divideUp(T, m_lanes)});
}

void DeviceOps::sigmoidRows(const RouterViews& views, uint32_t T, uint32_t E) {
  const RouterParams params{T, E, 0, E, 0, 1};
  m_recorder.dispatch("sigmoidRows", {m_lanes}, {views.logits, views.scores}, params, {divideUp(T, m_lanes)});
}

void DeviceOps::groupedSelection(const RouterViews& views, uint32_t T, uint32_t E, const core::GroupLimits& limits,
                                 View bias, View selection) {
  const GroupParams params{T,
                           E,
                           static_cast<uint32_t>(limits.groups),
                           static_cast<uint32_t>(limits.groupsChosen),
                           limits.score == core::GroupScore::SumOfTopTwo ? 1u : 0u,
                           bias ? 1u : 0u};
  m_recorder.dispatch("groupedSelection", {m_lanes}, {views.scores, bias ? bias : m_step, selection}, params,
                      {divideUp(T, m_lanes)});
}

void DeviceOps::sparseMixer(const RouterViews& views, uint32_t T, uint32_t E, double jitter) {
  const SparseMixerParams params{T, E, 2 * static_cast<float>(jitter)};
  m_recorder.dispatch("sparseMixer", {m_lanes}, {views.logits, views.ids, views.applied}, params,
                      {divideUp(T, m_lanes)});
}

void DeviceOps::normaliseLogits(const RouterViews& views, uint32_t T, uint32_t E, double lambda, View normed) {
  const RouterParams params{T, E, 0, E, 0, static_cast<float>(lambda)};
  m_recorder.dispatch("normaliseLogits", {m_lanes}, {views.logits, normed}, params, {divideUp(T, m_lanes)});
}

void DeviceOps::topK(const RouterViews& views, uint32_t T, uint32_t E, uint32_t K) {
  const RouterParams params{T, E, K, E, 0, 1};
  m_recorder.dispatch("topK", {m_lanes}, {views.logits, views.scores, views.ids}, params, {divideUp(T, m_lanes)});
}

void DeviceOps::chosenWeights(core::WeightForm form, double scale, const RouterViews& views, uint32_t T, uint32_t E,
                              uint32_t K) {
  const RouterParams params{T, E, K, E, weightKind(form), static_cast<float>(scale)};
  m_recorder.dispatch("chosenWeights", {m_lanes}, {views.logits, views.scores, views.ids, views.applied}, params,
                      {divideUp(T, m_lanes)});
}

void DeviceOps::routeToken(core::WeightForm form, double scale, const RouterViews& router,
                           const DispatchViews& dispatch, uint32_t E, uint32_t K) {
  const RouterParams params{1, E, K, E, weightKind(form), static_cast<float>(scale)};
  m_recorder.dispatch("routeToken", {m_lanes},
                      {router.logits, router.scores, router.ids, router.applied, dispatch.slot, dispatch.kept,
                       dispatch.tiles, dispatch.rows},
                      params, {1});
}

void DeviceOps::chooseChanged(const RouterViews& views, View seen, View selection, View bias, View changes,
                              uint32_t table, uint32_t T, uint32_t E, uint32_t columns) {
  const ChangeParams params{T, E, columns, table, bias ? 1u : 0u};
  m_recorder.dispatch(
      "chooseChanged", {m_lanes},
      {views.logits, seen, views.scores, selection, views.ids, views.applied, changes, bias ? bias : m_step}, params,
      {divideUp(T, m_lanes)});
}

void DeviceOps::slots(const DispatchViews& views, uint32_t T, uint32_t E, uint32_t K, uint32_t capacity) {
  const DispatchParams params{T, E, K, capacity, 1, 0};
  m_recorder.dispatch("slots", {m_lanes}, {views.ids, views.slot, views.kept, views.asked}, params, {E});
}

void DeviceOps::batchByExpert(const DispatchViews& views, uint32_t T, uint32_t E, uint32_t K, uint32_t capacity,
                              uint32_t tileRows, uint32_t tileCount) {
  const DispatchParams params{T, E, K, capacity, tileRows, tileCount};
  m_recorder.dispatch("batches", {m_lanes}, {views.asked, views.begins, views.tiles}, params, {1});
  m_recorder.barrier();
  m_recorder.dispatch("scatterRows", {kWide}, {views.ids, views.slot, views.begins, views.rows}, params,
                      {divideUp(T * K, kWide)});
}

void DeviceOps::activate(core::Activation activation, Rows gate, Rows up, uint32_t rows, uint32_t width, Rows y) {
  const ActivateParams params{rows, width, gate.stride, up.stride, y.stride, static_cast<uint32_t>(activation)};
  m_recorder.dispatch("activate", {kWide}, {gate.view, up.view, y.view}, params, {divideUp(y.stride, kWide), rows});
}

void DeviceOps::sumRanks(Rows parts, uint32_t T, uint32_t K, uint32_t width, Rows y, View stream, double scale) {
  const RowsParams params{T, width, parts.stride, y.stride, K, stream ? static_cast<float>(scale) : 0};
  m_recorder.dispatch("sumRanks", {kWide}, {parts.view, y.view, stream ? stream : y.view}, params,
                      {divideUp(width, kWide), T});
}

void DeviceOps::sigmoidGate(View logit, Rows x, uint32_t T, uint32_t width) {
  const RowsParams params{T, width, x.stride, 1, 1, 0};
  m_recorder.dispatch("sigmoidGate", {kWide}, {x.view, logit}, params, {divideUp(width, kWide), T});
}

void DeviceOps::scaleRows(Rows x, View factors, uint32_t first, uint32_t T, uint32_t width) {
  const RowsParams params{T, width, x.stride, 0, first, 0};
  m_recorder.dispatch("scaleRows", {kWide}, {x.view, factors}, params, {divideUp(width, kWide), T});
}

void DeviceOps::add(Rows x, Rows y, uint32_t T, uint32_t width, double scale) {
  const RowsParams params{T, width, x.stride, y.stride, 1, static_cast<float>(scale)};
  m_recorder.dispatch("add", {kWide}, {x.view, y.view}, params, {divideUp(width, kWide), T});
}

uint32_t DeviceOps::tileRows(uint32_t choices, uint32_t experts) const {
  const uint32_t each = divideUp(choices, std::max(experts, 1u));
  if (m_device.hostMemory()) return choices == 1 || each == 1 ? 1 : each <= 4 ? 4 : 8;
  return each == 1 ? 1 : each <= 32 ? 16 : 64;
}

uint32_t DeviceOps::tileCount(uint32_t choices, uint32_t experts, uint32_t tileRows) {
  return std::min(choices, choices / tileRows + std::min(experts, choices));
}

}  // namespace gpu
