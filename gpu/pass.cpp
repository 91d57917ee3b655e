#include "gpu/pass.h"

namespace gpu {
namespace {

// Whether top-k sees something else than scores or logits.
bool selects(const core::RouterConfig& router) { return router.selectionBias || router.groups > 1; }

class PassRecorder {
 public:
  PassRecorder(const std::shared_ptr<Device>& device, const PassInputs& inputs, const PassKey& key, double budget)
      : m_device(device),
        m_config(inputs.config),
        m_s(inputs.sizes),
        m_weights(inputs.weights),
        m_work(inputs.work),
        m_context(inputs.context),
        m_key(key),
        m_tokens(key.tokens),
        m_recorder(device, budget, key.timed),
        m_ops(m_recorder, *device, inputs.work.step()) {}

  core::Result<Pass> record();

 private:
  // Into m_work.attention.
  void attend(const DeviceLayer& layer, uint32_t index);
  void projectByLatent(const DeviceLayer& layer);
  void postNorm(Rows from, const NormViews& weights, Rows to);
  void normQueriesAndKeys(const DeviceLayer& layer);
  Rows filter(const DeviceLayer& layer, uint32_t index);
  void routeQueries(const DeviceLayer& layer, uint32_t index, Rows q);
  void joinAttentionExperts(const DeviceLayer& layer, Rows attention);
  Batches attentionBatches() const;
  void score(const DeviceLayer& layer, View logits);
  void route(const core::RouterConfig& router, View selectionBias, uint32_t capacity);
  void routeChanged(View selectionBias, uint32_t index);
  void dispatchChoices(const DispatchViews& dispatch, uint32_t E, uint32_t K, uint32_t capacity);
  void choose(const core::RouterConfig& config, View selectionBias, RouterViews router);
  void mixExperts(const DeviceLayer& layer);
  void shareExpert(const DeviceLayer& layer, uint32_t index);
  void mlp(const MlpMatrices& weights, Rows input, Rows y, float scale);
  void copyOut(uint32_t index, Captured kind, const Buffer& from);
  void captureLayer(uint32_t index);
  void logits(Pass& pass);

  Rows x() const { return {m_work.x.view(), m_s.stride}; }
  Rows h() const { return {m_work.h.view(), m_s.stride}; }
  float residual() const { return static_cast<float>(m_config.residualScale); }

  std::shared_ptr<Device> m_device;
  const core::ModelConfig& m_config;
  const Sizes& m_s;
  const DeviceModel& m_weights;
  const Work& m_work;
  const GpuContext& m_context;
  PassKey m_key;
  uint32_t m_tokens;
  Recorder m_recorder;
  DeviceOps m_ops;
  CapturePlan m_capture;
};

core::Result<Pass> PassRecorder::record() {
  m_capture = planCapture(m_config, m_s, m_key.choosing, m_key.capture, m_tokens);
  if (m_work.inputDevice) {
    m_recorder.copy(m_work.input.view(), m_work.inputDevice.view());
    m_recorder.barrier();
  }
  m_ops.embed(m_work.tokenIds(), m_tokens, m_weights.embedding, static_cast<float>(m_config.embeddingScale),
              m_work.x.view());
  m_recorder.barrier();
  for (uint32_t l = 0; l < m_weights.layers.size(); ++l) {
    const DeviceLayer& layer = m_weights.layers[l];
    copyOut(l, Captured::In, m_work.x);
    attend(layer, l);
    m_ops.addAndNorm(m_config.norm, x(), {m_work.attention.view(), m_s.stride}, 1, m_tokens, m_s.D, layer.blockNorm,
                     m_config.normEps, h());
    m_recorder.barrier();
    if (m_config.layer[l].moe) {
      score(layer, m_work.routerLogits.view());
      if (m_key.choosing.changed) {
        routeChanged(layer.selectionBias, l);
      } else {
        route(m_config.router, layer.selectionBias, m_key.capacity);
      }
      mixExperts(layer);
      if (m_config.shared != core::SharedExpert::None) shareExpert(layer, l);
    } else {
      const Rows dense{m_work.shared.view(), m_s.stride};
      mlp(layer.dense, h(), dense, residual());
      if (m_config.postNorms) postNorm(dense, layer.blockPostNorm, dense);
      m_ops.add(x(), dense, m_tokens, m_s.D, 1);
      m_recorder.barrier();
    }
    captureLayer(l);
  }
  Pass pass;
  logits(pass);
  pass.capture = std::move(m_capture);
  TRY_ASSIGN(pass.sequence, m_recorder.finish());
  return pass;
}

void PassRecorder::attend(const DeviceLayer& layer, uint32_t index) {
  const core::AttentionConfig& a = m_config.attention;
  const Rows q{m_work.q.view(), m_s.queries}, k{m_work.k.view(), m_s.keys}, v{m_work.v.view(), m_s.values};
  m_ops.norm(m_config.norm, x(), m_tokens, 1, m_s.D, layer.inputNorm, m_config.normEps, h());
  m_recorder.barrier();
  const bool routed = m_s.attentionE > 0;
  if (a.latent.keyValueRank > 0) {
    projectByLatent(layer);
  } else {
    const Rows input = a.localFilter ? filter(layer, index) : h();
    if (routed) {
      routeQueries(layer, index, q);
    } else {
      m_ops.linear(layer.query, input, m_tokens, q);
    }
    m_ops.linear(layer.key, input, m_tokens, k);
    m_ops.linear(layer.value, h(), m_tokens, v);
  }
  m_recorder.barrier();
  if (a.qkNorm != core::QkNorm::None && (a.qkNorm != core::QkNorm::Weightless || m_config.layer[index].rope)) {
    normQueriesAndKeys(layer);
  }
  if (a.clipQkv > 0) {
    m_ops.clip(q, m_tokens, m_s.queries, a.clipQkv);
    m_ops.clip(k, m_tokens, m_s.keys, a.clipQkv);
    m_ops.clip(v, m_tokens, m_s.values, a.clipQkv);
    m_recorder.barrier();
  }
  const bool turns = m_config.layer[index].rope && m_s.rotated > 0;
  const View keys = m_context.keys(index), values = m_context.values(index);
  m_ops.rope(a, m_tokens, {q, k, v, m_work.qPadded.view(), keys, values}, turns ? m_work.turns() : Turns{},
             m_config.layer[index].rope ? 0 : a.temperatureScale, a.temperatureFloor);
  m_recorder.barrier();
  m_ops.attention(a, m_config.layer[index], m_tokens,
                  {m_work.qPadded.view(), keys, values, m_work.scores.view(), m_key.positions, layer.sinks},
                  {m_work.mix.view(), m_s.mixStride});
  m_recorder.barrier();
  const Rows attention{m_work.attention.view(), m_s.stride};
  if (routed) {
    joinAttentionExperts(layer, attention);
  } else {
    m_ops.linear(layer.output, {m_work.mix.view(), m_s.mixStride}, m_tokens, attention, residual());
    m_recorder.barrier();
  }
  if (m_config.postNorms) postNorm(attention, layer.attentionPostNorm, attention);
}

// Queries, keys and values by way of the short vectors; from h() into q, k and v.
void PassRecorder::projectByLatent(const DeviceLayer& layer) {
  const core::AttentionConfig& a = m_config.attention;
  const core::LatentAttention& squeezed = a.latent;
  const Rows q{m_work.q.view(), m_s.queries}, latent{m_work.latent.view(), m_s.latent};
  const Rows queryLatent{m_work.queryLatent.view(), m_s.queryLatent};
  const bool shortQueries = squeezed.queryRank > 0;
  m_ops.linear(layer.keyValueDown, h(), m_tokens, latent);
  m_ops.linear(layer.sharedKey, h(), m_tokens, {m_work.sharedKey.view(), m_s.sharedKey});
  shortQueries ? m_ops.linear(layer.queryDown, h(), m_tokens, queryLatent)
               : m_ops.linear(layer.query, h(), m_tokens, q);
  m_recorder.barrier();
  m_ops.norm(core::NormKind::Rms, latent, m_tokens, 1, static_cast<uint32_t>(squeezed.keyValueRank),
             layer.keyValueDownNorm, squeezed.normEps, latent);
  if (shortQueries) {
    m_ops.norm(core::NormKind::Rms, queryLatent, m_tokens, 1, static_cast<uint32_t>(squeezed.queryRank),
               layer.queryDownNorm, squeezed.normEps, queryLatent);
  }
  m_recorder.barrier();
  m_ops.linear(layer.keyValueUp, latent, m_tokens, {m_work.latentHeads.view(), m_s.latentHeads});
  if (shortQueries) m_ops.linear(layer.query, queryLatent, m_tokens, q);
  m_recorder.barrier();
  m_ops.latentHeads({static_cast<int>(m_tokens), a.heads, squeezed.nopeDim, a.headDim, squeezed.valueDim},
                    m_work.latentHeads.view(), m_work.sharedKey.view(), m_work.k.view(), m_work.v.view());
}

// What queries and keys are projected from, see core::ops::pairWithPrevious. The first convolution begins a row early:
// the second one looks back at it.
Rows PassRecorder::filter(const DeviceLayer& layer, uint32_t index) {
  const View inputs = m_context.inputs(index);
  const Rows half{m_work.half.view(), m_s.filterHalf}, filtered{m_work.filtered.view(), m_s.stride};
  m_ops.padHeads(h(), m_tokens, 1, m_s.D, inputs, true);
  m_recorder.barrier();
  const Rows wide{m_work.pairs.view(), padded(2 * m_s.D)}, narrow{m_work.pairs.view(), padded(2 * m_s.filterHalf)};
  m_ops.pairWithPrevious({inputs, m_s.stride}, m_tokens + 1, m_s.D, true, wide);
  m_recorder.barrier();
  m_ops.linear(layer.filterFirst, wide, m_tokens + 1, half);
  m_recorder.barrier();
  m_ops.pairWithPrevious(half, m_tokens, m_s.filterHalf, false, narrow);
  m_recorder.barrier();
  m_ops.linear(layer.filterSecond, narrow, m_tokens, filtered);
  m_recorder.barrier();
  m_ops.add(filtered, h(), m_tokens, m_s.D, 1);
  m_recorder.barrier();
  m_ops.norm(core::NormKind::Rms, filtered, m_tokens, 1, m_s.D, layer.filterNorm, m_config.attention.localFilterEps,
             filtered);
  m_recorder.barrier();
  return filtered;
}

Batches PassRecorder::attentionBatches() const {
  const uint32_t choices = m_tokens * m_s.attentionK;
  Batches batches;
  batches.tiles = m_work.tiles.view();
  batches.rows = m_work.rows.view();
  batches.applied = m_work.applied.view();
  batches.tileRows = m_ops.tileRows(choices, m_s.attentionE);
  batches.tileCount = DeviceOps::tileCount(choices, m_s.attentionE, batches.tileRows);
  batches.gather = batches.scatter = true;
  return batches;
}

// Chooses every token's attention experts and lets each of them make its queries, (T, K, G * P).
void PassRecorder::routeQueries(const DeviceLayer& layer, uint32_t index, Rows q) {
  m_ops.linear(layer.attentionRouter, h(), m_tokens, {m_work.routerLogits.view(), m_s.attentionE});
  m_recorder.barrier();
  route(m_config.attentionRouter, {}, UINT32_MAX);
  copyOut(index, Captured::AttentionLogits, m_work.routerLogits);
  copyOut(index, Captured::AttentionIds, m_work.ids);
  copyOut(index, Captured::AttentionWeights, m_work.applied);
  Batches batches = attentionBatches();
  batches.chosen = m_s.attentionK;
  m_ops.linear(layer.attentionQueries, h(), m_tokens * m_s.attentionK, {q.view, q.stride / m_s.attentionK}, 1,
               &batches);
}

// attention = the sum of what the chosen experts make of their heads, weighted, and the bias.
void PassRecorder::joinAttentionExperts(const DeviceLayer& layer, Rows attention) {
  const uint32_t choices = m_tokens * m_s.attentionK;
  m_ops.padHeads({m_work.mix.view(), m_s.mixStride}, m_tokens, m_s.attentionK, m_s.queries / m_s.attentionK,
                 m_work.mixRanks.view(), false);
  m_recorder.barrier();
  Batches batches = attentionBatches();
  batches.chosen = 1;  // x is by choice
  batches.weighOut = true;
  const Rows parts{m_work.parts.view(), m_s.stride};
  m_ops.linear(layer.attentionOutputs, {m_work.mixRanks.view(), m_s.rankStride}, choices, parts, 1, &batches);
  m_recorder.barrier();
  m_ops.sumRanks(parts, m_tokens, m_s.attentionK, m_s.D, attention);
  m_recorder.barrier();
  if (layer.outputBias) {
    m_ops.add(attention, {layer.outputBias, 0}, m_tokens, m_s.D, 1);
    m_recorder.barrier();
  }
}

void PassRecorder::postNorm(Rows from, const NormViews& weights, Rows to) {
  m_ops.norm(m_config.norm, from, m_tokens, 1, m_s.D, weights, m_config.normEps, to);
  m_recorder.barrier();
}

void PassRecorder::normQueriesAndKeys(const DeviceLayer& layer) {
  const core::AttentionConfig& a = m_config.attention;
  const bool perHead = a.qkNorm != core::QkNorm::FullWidth;
  const auto norm = [&](const Buffer& buffer, uint32_t width, int heads, const NormViews& weights) {
    const uint32_t groups = perHead ? static_cast<uint32_t>(heads) : 1;
    const Rows rows{buffer.view(), width};
    m_ops.norm(core::NormKind::Rms, rows, m_tokens * groups, groups, width / groups, weights, a.qkNormEps, rows);
  };
  norm(m_work.q, m_s.queries, a.heads, layer.queryNorm);
  norm(m_work.k, m_s.keys, a.keyValueHeads, layer.keyNorm);
  m_recorder.barrier();
}

void PassRecorder::score(const DeviceLayer& layer, View logits) {
  if (!m_config.router.attentionLogits) {
    m_ops.linear(layer.router, h(), m_tokens, {logits, m_s.E});
  } else {
    const ExpertAttentionViews views{m_work.routerQuery.view(), m_work.routerKey.view(), m_work.routerValue.view(),
                                     logits};
    m_ops.linear(layer.router, h(), m_tokens, {views.query, m_s.E});
    m_ops.linear(layer.routerKey, h(), m_tokens, {views.key, m_s.E});
    m_ops.linear(layer.routerValue, h(), m_tokens, {views.value, m_s.E});
    m_recorder.barrier();
    m_ops.attentionLogits(views, m_tokens, m_s.E);
  }
  m_recorder.barrier();
}

// logits -> scores, ids -> weights, slots -> batches
void PassRecorder::route(const core::RouterConfig& config, View selectionBias, uint32_t capacity) {
  const auto E = static_cast<uint32_t>(config.experts), K = static_cast<uint32_t>(config.chosen);
  const RouterViews router{m_work.routerLogits.view(), m_work.routerScores.view(), m_work.ids.view(),
                           m_work.applied.view()};
  const DispatchViews dispatch{m_work.ids.view(),    m_work.slot.view(),  m_work.kept.view(), m_work.asked.view(),
                               m_work.begins.view(), m_work.tiles.view(), m_work.rows.view()};
  const bool plain = config.score == core::ScoreFunction::Softmax && config.logitNorm <= 0 && !selects(config);
  if (m_tokens == 1 && capacity == UINT32_MAX && plain) {
    m_ops.routeToken(config.weights, config.scale, router, dispatch, E, K);
    m_recorder.barrier();
    return;
  }
  choose(config, selectionBias, router);
  m_recorder.barrier();
  dispatchChoices(dispatch, E, K, capacity);
}

// As route, by the recipes of the interventions.
void PassRecorder::routeChanged(View selectionBias, uint32_t index) {
  const RouterViews router{m_work.routerLogits.view(), m_work.routerScores.view(), m_work.ids.view(),
                           m_work.applied.view()};
  const DispatchViews dispatch{m_work.ids.view(),    m_work.slot.view(),  m_work.kept.view(), m_work.asked.view(),
                               m_work.begins.view(), m_work.tiles.view(), m_work.rows.view()};
  const auto layers = static_cast<uint32_t>(m_weights.layers.size());
  m_ops.chooseChanged(router, m_work.normedLogits.view(), m_work.selection.view(), selectionBias, m_work.changes(),
                      (layers + index) * m_tokens, m_tokens, m_s.E, m_key.choosing.columns);
  m_recorder.barrier();
  dispatchChoices(dispatch, m_s.E, m_key.choosing.columns, m_key.capacity);
}

void PassRecorder::dispatchChoices(const DispatchViews& dispatch, uint32_t E, uint32_t K, uint32_t capacity) {
  m_ops.slots(dispatch, m_tokens, E, K, capacity);
  m_recorder.barrier();
  const uint32_t tileRows = m_ops.tileRows(m_tokens * K, E);
  m_ops.batchByExpert(dispatch, m_tokens, E, K, capacity, tileRows, DeviceOps::tileCount(m_tokens * K, E, tileRows));
  m_recorder.barrier();
}

// scores, what top-k sees, ids and weights from the logits; as in core/engine/routing_step.cpp
void PassRecorder::choose(const core::RouterConfig& config, View selectionBias, RouterViews router) {
  using core::ScoreFunction;
  const auto E = static_cast<uint32_t>(config.experts), K = static_cast<uint32_t>(config.chosen);
  if (config.score == ScoreFunction::SparseMixer) {
    return m_ops.sparseMixer(router, m_tokens, E, config.sparseMixerJitter);
  }
  if (!selects(config)) m_ops.topK(router, m_tokens, E, K);
  if (config.logitNorm > 0) {
    m_ops.normaliseLogits(router, m_tokens, E, config.logitNorm, m_work.normedLogits.view());
    m_recorder.barrier();
    router.logits = m_work.normedLogits.view();
  }
  if (config.score == ScoreFunction::Softmax) m_ops.softmaxRows(router, m_tokens, E);
  if (config.score == ScoreFunction::Sigmoid) m_ops.sigmoidRows(router, m_tokens, E);
  m_recorder.barrier();
  if (selects(config)) {
    m_ops.groupedSelection(router, m_tokens, E, {config.groups, config.groupsChosen, config.groupScore}, selectionBias,
                           m_work.selection.view());
    m_recorder.barrier();
    RouterViews selected = router;
    selected.logits = m_work.selection.view();
    m_ops.topK(selected, m_tokens, E, K);
    m_recorder.barrier();
  }
  m_ops.chosenWeights(config.weights, config.scale, router, m_tokens, E, K);
}

void PassRecorder::mixExperts(const DeviceLayer& layer) {
  const uint32_t K = m_key.choosing.columns, choices = m_tokens * K, hidden = padded(m_s.expertHidden);
  Batches batches;
  batches.tiles = m_work.tiles.view();
  batches.rows = m_work.rows.view();
  batches.applied = m_work.applied.view();
  batches.tileRows = m_ops.tileRows(choices, m_s.E);
  batches.tileCount = DeviceOps::tileCount(choices, m_s.E, batches.tileRows);
  batches.chosen = K;
  const Rows gate{m_work.gate.view(), m_s.expertHidden * m_s.gateTimes}, up{m_work.up.view(), m_s.expertHidden};
  const Rows act{m_work.hidden.view(), hidden}, parts{m_work.parts.view(), m_s.stride},
      routed{m_work.routed.view(), m_s.stride};
  const bool onInput = m_config.router.side == core::WeightSide::Input;
  batches.gather = true;
  batches.weighIn = onInput;
  m_ops.linear(layer.experts.gate, h(), choices, gate, 1, &batches);
  m_ops.linear(layer.experts.up, h(), choices, up, 1, &batches);
  if (m_key.capacity != UINT32_MAX || m_key.choosing.changed) {  // choices that are dropped or not there give nothing
    m_recorder.zero(m_work.parts.view(0, uint64_t{choices} * m_s.stride * 4));
  }
  m_recorder.barrier();
  m_ops.activate(m_config.activation, gate, up, choices, m_s.expertHidden, act);
  m_recorder.barrier();
  batches.gather = batches.weighIn = false;
  batches.weighOut = !onInput;
  batches.scatter = true;
  m_ops.linear(layer.experts.down, act, choices, parts, 1, &batches);
  m_recorder.barrier();
  // The routed sum itself stays as it is, for the trace.
  m_ops.sumRanks(parts, m_tokens, K, m_s.D, routed, m_config.postNorms ? View{} : x().view, m_config.residualScale);
  m_recorder.barrier();
  if (m_config.postNorms) {
    postNorm(routed, layer.blockPostNorm, h());
    m_ops.add(x(), h(), m_tokens, m_s.D, m_config.residualScale);
    m_recorder.barrier();
  }
  if (layer.routedBias) {
    m_ops.add(x(), {layer.routedBias, 0}, m_tokens, m_s.D, m_config.residualScale);
    m_recorder.barrier();
  }
}

void PassRecorder::shareExpert(const DeviceLayer& layer, uint32_t index) {
  const Rows shared{m_work.shared.view(), m_s.stride};
  if (m_config.shared == core::SharedExpert::OwnStep) {
    m_ops.norm(m_config.norm, x(), m_tokens, 1, m_s.D, layer.sharedNorm, m_config.normEps, h());
    m_recorder.barrier();
  }
  const bool gated = m_config.shared == core::SharedExpert::Gated;
  if (gated) m_ops.linear(layer.sharedGate, h(), m_tokens, {m_work.gateLogit.view(), 1});
  mlp(layer.shared, h(), shared, 1);
  if (gated) {
    m_ops.sigmoidGate(m_work.gateLogit.view(), shared, m_tokens, m_s.D);
    m_recorder.barrier();
  }
  if (m_key.choosing.changed) {
    m_ops.scaleRows(shared, m_work.changes(), index * m_tokens, m_tokens, m_s.D);
    m_recorder.barrier();
  }
  m_ops.add(x(), shared, m_tokens, m_s.D, m_config.residualScale);
  m_recorder.barrier();
}

void PassRecorder::mlp(const MlpMatrices& weights, Rows input, Rows y, float scale) {
  const uint32_t hidden = weights.up.outputs;
  const Rows gate{m_work.gate.view(), hidden * m_s.gateTimes}, up{m_work.up.view(), hidden};
  const Rows act{m_work.hidden.view(), padded(hidden)};
  m_ops.linear(weights.gate, input, m_tokens, gate);
  m_ops.linear(weights.up, input, m_tokens, up);
  m_recorder.barrier();
  m_ops.activate(m_config.activation, gate, up, m_tokens, hidden, act);
  m_recorder.barrier();
  m_ops.linear(weights.down, act, m_tokens, y, scale);
  m_recorder.barrier();
}

void PassRecorder::copyOut(uint32_t index, Captured kind, const Buffer& from) {
  if (m_capture.layers.empty()) return;
  const CapturePart& part = m_capture.part(index, kind);
  if (part.rows > 0) m_recorder.copy(from.view(0, part.bytes()), m_work.capture.view(part.offset, part.bytes()));
}

void PassRecorder::captureLayer(uint32_t index) {
  if (m_capture.layers.empty()) return;
  copyOut(index, Captured::Logits, m_work.routerLogits);
  copyOut(index, Captured::Scores, m_work.routerScores);
  copyOut(index, Captured::Selection, m_work.selection);
  copyOut(index, Captured::Ids, m_work.ids);
  copyOut(index, Captured::Weights, m_work.applied);
  copyOut(index, Captured::Kept, m_work.kept);
  copyOut(index, Captured::Slot, m_work.slot);
  copyOut(index, Captured::Attention, m_work.attention);
  copyOut(index, Captured::Experts, m_work.parts);
  copyOut(index, Captured::Shared, m_work.shared);
  copyOut(index, Captured::Dense, m_work.shared);
  copyOut(index, Captured::Routed, m_work.routed);
  copyOut(index, Captured::Out, m_work.x);
  m_recorder.barrier();
}

// The last group of the layers also holds the logits when they are one block.
void PassRecorder::logits(Pass& pass) {
  const uint32_t wanted = m_tokens - m_key.firstLogits, block = m_work.room.logitRows;
  if (wanted == 0 || wanted > block) m_recorder.endGroup();
  pass.layerGroups = m_recorder.groupsSoFar();
  for (uint32_t row = m_key.firstLogits; row < m_tokens; row += block) {
    const uint32_t rows = std::min(block, m_tokens - row);
    m_ops.norm(m_config.norm, x(), rows, 1, m_s.D, m_weights.finalNorm, m_config.lastNormEps(), h(), row);
    m_recorder.barrier();
    m_ops.linear(m_weights.logits, h(), rows, {m_work.logits.view(), m_s.V}, static_cast<float>(m_config.logitScale));
    m_recorder.barrier();
    if (m_work.logitsHost) {
      const uint64_t bytes = uint64_t{rows} * m_s.V * 4;
      m_recorder.copy(m_work.logits.view(0, bytes), m_work.logitsHost.view(0, bytes));
    }
    m_recorder.endGroup();
    pass.blocks.push_back({row, rows, m_recorder.groupsSoFar()});
  }
  if (pass.blocks.size() == 1) pass.layerGroups = pass.blocks.front().groupEnd;
}

}  // namespace

core::Result<Pass> recordPass(const std::shared_ptr<Device>& device, const PassInputs& inputs, const PassKey& key,
                              double budget) {
  return PassRecorder(device, inputs, key, budget).record();
}

}  // namespace gpu
