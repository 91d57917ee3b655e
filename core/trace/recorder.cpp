#include "core/trace/recorder.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/row_loop.h"
#include "core/trace/head_rows.h"
#include "core/trace/recorder_effects.h"
#include "core/trace/routing_rows.h"

namespace core {
namespace {

constexpr int kMostTokensPerCall = 512;
constexpr int64_t kExpertFloats = int64_t{4} << 20;  // of gathered expert inputs in one call, 16 MiB

Array scaled(Array array, double scale) {
  if (scale == 1) return array;
  for (float& value : array.floats) value *= static_cast<float>(scale);
  return array;
}

// The attention router's tensors in the place of the block's.
LayerTensors attentionRows(const LayerTensors& rows) {
  LayerTensors own;
  own.tokens = rows.tokens;
  own.routerLogits = rows.attentionRouterLogits;
  own.ids = rows.attentionIds;
  own.weights = rows.attentionWeights;
  return own;
}

// Ledger hooks of a block, filled row by row.
struct LedgerArrays {
  LedgerArrays(int tokens, int P) : columns(static_cast<size_t>(P)) {
    const auto size = static_cast<size_t>(tokens);
    for (Hook hook : {Hook::LedgerNorm, Hook::LedgerOutputShare, Hook::LedgerUpdateShare}) {
      arrays.push_back({hook, P, std::vector<float>(size * columns), {}});
    }
    for (Hook hook : {Hook::LedgerOutNorm, Hook::LedgerUpdateNorm, Hook::LedgerCosine}) {
      arrays.push_back({hook, 1, std::vector<float>(size), {}});
    }
  }
  void fill(const kernels::Table& kernels, const LayerTensors& rows, int token, const PartRows& parts, int K, int D,
            std::vector<float>& scratch) {
    const auto row = static_cast<size_t>(token);
    LedgerRow ledger;
    ledger.norm = std::span(arrays[0].floats).subspan(row * columns, columns);
    ledger.outputShare = std::span(arrays[1].floats).subspan(row * columns, columns);
    ledger.updateShare = std::span(arrays[2].floats).subspan(row * columns, columns);
    ledgerRow(kernels, rows, token, parts, K, D, scratch, ledger);
    arrays[3].floats[row] = ledger.outNorm;
    arrays[4].floats[row] = ledger.updateNorm;
    arrays[5].floats[row] = ledger.cosine;
  }
  size_t columns;
  std::vector<Array> arrays;
};

}  // namespace

Recorder::Recorder(std::shared_ptr<const Model> model, std::shared_ptr<const RunInfo> info, Publish publish,
                   int64_t tapeBytes, ThreadPool* pool, SpareFloats* spare)
    : m_model(std::move(model)),
      m_trace(std::move(info)),
      m_publish(std::move(publish)),
      m_pool(pool),
      m_spare(spare),
      m_kernels(&kernels::best()),
      m_tapeBytes(tapeBytes) {
  if (m_trace.info().capture >= Capture::Ledger) m_effects = std::make_unique<Effects>(*this);
}

Recorder::~Recorder() = default;

int Recorder::tokensPerCall(const ModelConfig& config, Capture capture, int64_t tapeBytes) {
  int64_t tokens = kMostTokensPerCall;
  const int64_t choices = std::max(1, config.router.chosen);
  tokens = std::min(tokens, std::max<int64_t>(32, kExpertFloats / (choices * config.width)));
  if (capture >= Capture::Ledger) tokens = std::min(tokens, tapeBytes / 4 / Effects::tapeFloatsPerToken(config));
  return static_cast<int>(std::max<int64_t>(1, tokens));
}

void Recorder::publish() const {
  if (m_publish) m_publish();
}

void Recorder::extend(Block block) {
  if (m_trace.tokens(block.stream, block.layer) >= block.firstToken + block.tokens) return;
  m_trace = std::move(m_trace).with(std::move(block));
}

// A trace shares its ids with whoever holds it, so more ids are a new list: made when somebody looks, not for each
// token.
const Trace& Recorder::trace() {
  if (m_trace.ids() != m_ids) m_trace = m_trace.withIds(m_ids, m_texts);
  return m_trace;
}

void Recorder::resume(Trace trace) {
  m_trace = std::move(trace);
  m_ids = m_trace.ids();
  m_texts = m_trace.texts();
}

void Recorder::setIds(std::vector<int32_t> ids, std::vector<std::string> texts) {
  m_ids = std::move(ids);
  m_texts = std::move(texts);
  knowMore();
}

void Recorder::append(int32_t id, std::string text) {
  m_ids.push_back(id);
  m_texts.push_back(std::move(text));
  knowMore();
}

void Recorder::knowMore() {
  if (m_trace.info().capture == Capture::None) return;
  settleLastSurprisal();
  if (m_effects && m_effects->taped && m_effects->count > 0) m_effects->add();
}

void Recorder::settleLastSurprisal() {
  const int row = m_trace.tokens(Stream::HeadNext);
  const auto next = static_cast<size_t>(row) + 1;
  if (row + 1 != m_trace.tokens(Stream::Head) || next >= m_ids.size()) return;
  const auto surprise = static_cast<float>(m_lastLogSum - m_lastLogits[static_cast<size_t>(m_ids[next])]);
  extend({Stream::HeadNext, 0, row, 1, {{Hook::Surprisal, 1, {surprise}, {}}}});
  publish();
}

void Recorder::beginCall(int firstToken, int tokens) {
  if (m_effects) m_effects->begin(firstToken, tokens);
}

Status Recorder::layer(const LayerTensors& rows) { return layer(rows, {}); }

Status Recorder::layer(const LayerTensors& rows, std::span<const ChangedChoice> changed) {
  const ModelConfig& config = m_model->config;
  const Capture capture = m_trace.info().capture;
  const int T = rows.tokens, D = config.width;
  Block block{Stream::Layer, rows.layer, rows.firstToken, T, {}};
  if (rows.ids) addRouting(m_trace.config().router, kBlockRouter, rows, *m_kernels, m_pool, changed, block);
  if (rows.attentionIds) {
    addRouting(config.attentionRouter, kAttentionRouter, attentionRows(rows), *m_kernels, m_pool, {}, block);
  }
  if (capture >= Capture::Ledger) {
    Effects& effects = *m_effects;
    LedgerArrays ledger(T, effects.P);
    effects.beginLayer(rows);
    const std::vector<int>& present = effects.layers[static_cast<size_t>(rows.layer)].present;
    const auto width = static_cast<size_t>(D);
    const BlockNorm norm(*m_model, rows.layer);
    forRows(m_pool, T, [&](int begin, int end) {
      std::vector<float> one(effects.taped ? 0 : present.size() * width), rest(width), scratch;
      for (int t = begin; t < end; ++t) {
        float* parts = effects.taped ? effects.partsAt(rows.layer, t) : one.data();
        layerParts(rows, t, present, effects.K, D, norm.step(), parts);
        m_kernels->remainder(parts, static_cast<int>(present.size()), rows.out + static_cast<int64_t>(t) * D, D,
                             rest.data());
        ledger.fill(*m_kernels, rows, t, {parts, rest.data(), present}, effects.K, D, scratch);
      }
    });
    for (Array& array : ledger.arrays) block.arrays.push_back(std::move(array));
    if (rows.layer == config.layers - 1) std::copy_n(rows.out, static_cast<int64_t>(T) * D, effects.stream.data());
  }
  if (capture >= Capture::Full) {
    if (rows.layer == 0)
      extend({Stream::Embeddings, 0, rows.firstToken, T, {floatArray(Hook::Embeddings, rows.in, T, D)}});
    block.arrays.push_back(floatArray(Hook::Attention, rows.attention, T, D));
    const double added = config.partsAsAdded ? config.residualScale : 1;
    if (rows.routed) block.arrays.push_back(scaled(floatArray(Hook::Routed, rows.routed, T, D), added));
    if (rows.shared) block.arrays.push_back(scaled(floatArray(Hook::Shared, rows.shared, T, D), added));
    if (rows.dense) block.arrays.push_back(floatArray(Hook::Dense, rows.dense, T, D));
    block.arrays.push_back(floatArray(Hook::Out, rows.out, T, D));
  }
  // A dense layer of a routing-only run records nothing, but says how far it got all the same.
  extend(std::move(block));
  publish();
  return {};
}

Status Recorder::logits(const LogitsTensors& rows) {
  const int T = rows.tokens, V = m_model->config.vocabulary;
  const float* last = rows.logits + static_cast<int64_t>(T - 1) * V;
  m_lastLogits.assign(last, last + V);
  if (m_trace.info().capture == Capture::None) return {};

  const auto tokens = static_cast<size_t>(T);
  Array top{Hook::TopIds, kTopPredictions, {}, std::vector<int32_t>(tokens * kTopPredictions)};
  Array chance{Hook::TopProbabilities, kTopPredictions, std::vector<float>(tokens * kTopPredictions), {}};
  Array spread{Hook::PredictionEntropy, 1, std::vector<float>(tokens), {}};
  std::vector<double> logSums(tokens);
  forRows(m_pool, T, [&](int begin, int end) {
    std::vector<float> scratch;
    for (int t = begin; t < end; ++t) {
      const auto at = static_cast<size_t>(t);
      HeadRow row;
      row.ids = std::span(top.ints).subspan(at * kTopPredictions, kTopPredictions);
      row.probabilities = std::span(chance.floats).subspan(at * kTopPredictions, kTopPredictions);
      headRow(*m_kernels, {rows.logits + static_cast<int64_t>(t) * V, static_cast<size_t>(V)}, scratch, row,
              T == 1 ? m_pool : nullptr);
      spread.floats[at] = row.entropy;
      logSums[at] = row.logSum;
    }
  });
  m_lastLogSum = logSums.back();
  Array surprisal{Hook::Surprisal, 1, {}, {}};
  for (int t = 0; t < T; ++t) {
    const auto next = static_cast<size_t>(rows.firstToken + t) + 1;
    if (next >= m_ids.size()) break;
    const float logit = rows.logits[static_cast<int64_t>(t) * V + m_ids[next]];
    surprisal.floats.push_back(static_cast<float>(logSums[static_cast<size_t>(t)] - logit));
  }
  for (int t = 0; m_effects && t < T; ++t) {
    m_effects->predicted[static_cast<size_t>(rows.firstToken + t - m_effects->firstToken)] =
        top.ints[static_cast<size_t>(t) * kTopPredictions];
  }
  Block head{Stream::Head, 0, rows.firstToken, T, {}};
  head.arrays.push_back(std::move(top));
  head.arrays.push_back(std::move(chance));
  head.arrays.push_back(std::move(spread));
  if (m_trace.info().capture >= Capture::Full) head.arrays.push_back(floatArray(Hook::Logits, rows.logits, T, V));
  extend(std::move(head));
  if (const int known = static_cast<int>(surprisal.floats.size()); known > 0) {
    surprisal.columns = 1;
    extend({Stream::HeadNext, 0, rows.firstToken, known, {std::move(surprisal)}});
  }
  publish();
  return {};
}

void Recorder::endCall() {
  if (!m_effects) return;
  m_effects->passDue = !m_effects->taped;
  if (m_effects->taped) m_effects->add();
}

bool Recorder::needsEffectPass() const { return m_effects && m_effects->passDue; }

TensorSink& Recorder::effectPass() {
  CHECK(needsEffectPass(), "no second pass is due");
  m_effects->beginPass();
  return *m_effects;
}

void Recorder::finishEffectPass() { m_effects->finishPass(); }

}  // namespace core
