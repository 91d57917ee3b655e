#include "core/trace/recorder.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/engine/ops_fast.h"
#include "core/trace/head_rows.h"
#include "core/trace/ledger.h"
#include "core/trace/routing_rows.h"
#include "core/base/row_loop.h"

namespace core {
namespace {

constexpr int kMostTokensPerCall = 512;
constexpr int64_t kExpertFloats = int64_t{4} << 20;  // of gathered expert inputs in one call, 16 MiB

int64_t tapeFloatsPerToken(const ModelConfig& config) {
  return static_cast<int64_t>(config.layers) * LedgerParts{config.router.chosen}.count() * config.width;
}

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

// (D), empty without a norm after the block
std::vector<float> postNormOf(const Model& model, int layer) {
  if (!model.config.postNorms) return {};
  return fast::widened(model.weights.layer[static_cast<size_t>(layer)].blockPostNorm.weight);
}

BlockStep stepOf(const ModelConfig& config, const std::vector<float>& postNorm) {
  return {config.residualScale, postNorm.empty() ? nullptr : postNorm.data(), config.normEps};
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
  void fill(const kernels::Table& kernels, const LayerTensors& rows, int token, const float* parts,
            std::span<const uint8_t> present, int K, int D, std::vector<float>& scratch) {
    const auto row = static_cast<size_t>(token);
    LedgerRow ledger;
    ledger.norm = std::span(arrays[0].floats).subspan(row * columns, columns);
    ledger.outputShare = std::span(arrays[1].floats).subspan(row * columns, columns);
    ledger.updateShare = std::span(arrays[2].floats).subspan(row * columns, columns);
    ledgerRow(kernels, rows, token, parts, present, K, D, scratch, ledger);
    arrays[3].floats[row] = ledger.outNorm;
    arrays[4].floats[row] = ledger.updateNorm;
    arrays[5].floats[row] = ledger.cosine;
  }
  size_t columns;
  std::vector<Array> arrays;
};

}  // namespace

// The tape and what is needed to read it back as pushes on logits.
struct Recorder::Effects : public TensorSink {
  explicit Effects(Recorder& recorder)
      : owner(recorder),
        K(recorder.m_trace.config().router.chosen),
        P(LedgerParts{K}.count()),
        D(config().width),
        finalNorm(fast::widened(recorder.m_model->weights.finalNorm.weight)) {}

  const ModelConfig& config() const { return owner.m_model->config; }
  const kernels::Table& kernels() const { return *owner.m_kernels; }
  size_t rowFloats() const { return static_cast<size_t>(P) * static_cast<size_t>(D); }

  void begin(int first, int tokens) {
    firstToken = first;
    count = tokens;
    taped = tokens == 1 || tokens * tapeFloatsPerToken(owner.m_trace.config()) <= owner.m_tapeBytes / 4;
    if (taped) parts.resize(static_cast<size_t>(config().layers) * static_cast<size_t>(tokens) * rowFloats());
    stream.resize(static_cast<size_t>(tokens) * static_cast<size_t>(D));
    predicted.assign(static_cast<size_t>(tokens), -1);
    present.resize(static_cast<size_t>(config().layers));
    passDue = false;
  }

  float* partsAt(int layer, int row) {
    return parts.data() +
           (static_cast<size_t>(layer) * static_cast<size_t>(count) + static_cast<size_t>(row)) * rowFloats();
  }

  std::span<const uint8_t> presentAt(int layer) const { return present[static_cast<size_t>(layer)]; }

  int32_t actual(int row) const {
    const auto next = static_cast<size_t>(firstToken + row + 1);
    return next < owner.m_trace.ids().size() ? owner.m_trace.ids()[next] : -1;
  }

  // Effects on the predicted or the actual next token of the rows [from, to), one layer.
  Array effects(Hook hook, int layer, int from, int to, const std::vector<float>& directions) {
    Array array{hook, P, std::vector<float>(static_cast<size_t>(to - from) * static_cast<size_t>(P)), {}};
    forRows(owner.m_pool, to - from, [&](int begin, int end) {
      for (int row = begin; row < end; ++row) {
        effectsOf(kernels(), partsAt(layer, from + row), presentAt(layer),
                  directions.data() + static_cast<size_t>(from + row) * static_cast<size_t>(D), D,
                  array.floats.data() + static_cast<size_t>(row) * static_cast<size_t>(P));
      }
    });
    return array;
  }

  std::vector<float> directions(const std::function<int32_t(int)>& token, int to) {
    std::vector<float> all(static_cast<size_t>(to) * static_cast<size_t>(D));
    forRows(owner.m_pool, to, [&](int begin, int end) {
      for (int row = begin; row < end; ++row) {
        const size_t at = static_cast<size_t>(row) * static_cast<size_t>(D);
        logitDirection(kernels(), *owner.m_model, finalNorm.data(), stream.data() + at, token(row), all.data() + at);
      }
    });
    return all;
  }

  // What is known when a call ends. Where nothing of its rows is written yet, which is the rule, the tape is read once for
  // both directions.
  void addAll() {
    int known = count;
    while (known > 0 && actual(known - 1) < 0) --known;
    if (known == 0 || owner.m_trace.tokens(Stream::LayerNext) != firstToken ||
        owner.m_trace.tokens(Stream::LayerHead) != firstToken) {
      addPredicted();
      addActual();
      return;
    }
    const std::vector<float> toPredicted = directions([&](int row) { return predicted[static_cast<size_t>(row)]; }, count);
    const std::vector<float> toActual = directions([&](int row) { return actual(row); }, known);
    const auto hookRows = [&](Hook hook, int rows) {
      return Array{hook, P, std::vector<float>(static_cast<size_t>(rows) * static_cast<size_t>(P)), {}};
    };
    Trace next = owner.m_trace;
    for (int layer = 0; layer < config().layers; ++layer) {
      Array onPredicted = hookRows(Hook::LedgerPredictedEffect, count), onActual = hookRows(Hook::LedgerActualEffect, known);
      forRows(owner.m_pool, count, [&](int begin, int end) {
        for (int row = begin; row < end; ++row) {
          const auto at = static_cast<size_t>(row) * static_cast<size_t>(D);
          const auto to = static_cast<size_t>(row) * static_cast<size_t>(P);
          float* effects = onPredicted.floats.data() + to;
          if (row < known) {
            effectsOfBoth(kernels(), partsAt(layer, row), presentAt(layer), toPredicted.data() + at, toActual.data() + at, D,
                          effects, onActual.floats.data() + to);
          } else {
            effectsOf(kernels(), partsAt(layer, row), presentAt(layer), toPredicted.data() + at, D, effects);
          }
        }
      });
      next = next.with({Stream::LayerHead, layer, firstToken, count, {std::move(onPredicted)}});
      next = next.with({Stream::LayerNext, layer, firstToken, known, {std::move(onActual)}});
    }
    owner.publish(std::move(next));
  }

  void addPredicted() {
    const std::vector<float> ways = directions([&](int row) { return predicted[static_cast<size_t>(row)]; }, count);
    Trace next = owner.m_trace;
    for (int layer = 0; layer < config().layers; ++layer) {
      next = owner.extended(
          next,
          {Stream::LayerHead, layer, firstToken, count, {effects(Hook::LedgerPredictedEffect, layer, 0, count, ways)}});
    }
    owner.publish(std::move(next));
  }

  // Rows whose next token is known by now and that have not been written.
  void addActual() {
    const int from = owner.m_trace.tokens(Stream::LayerNext) - firstToken;
    int to = count;
    while (to > from && actual(to - 1) < 0) --to;
    if (from < 0 || to <= from) return;
    const std::vector<float> ways = directions([&](int row) { return row < from ? 0 : actual(row); }, to);
    Trace next = owner.m_trace;
    for (int layer = 0; layer < config().layers; ++layer) {
      next = next.with({Stream::LayerNext,
                        layer,
                        firstToken + from,
                        to - from,
                        {effects(Hook::LedgerActualEffect, layer, from, to, ways)}});
    }
    owner.publish(std::move(next));
  }

  // The second pass: both directions are known before the parts come.
  Status layer(const LayerTensors& rows) override {
    std::vector<float> last(rowFloats());
    present[static_cast<size_t>(rows.layer)] = presentParts(rows, K);
    const std::vector<float> postNorm = postNormOf(*owner.m_model, rows.layer);
    const BlockStep step = stepOf(config(), postNorm);
    const int known = actual(count - 1) >= 0 ? count : count - 1;
    Array onPredicted{
        Hook::LedgerPredictedEffect, P, std::vector<float>(static_cast<size_t>(count) * static_cast<size_t>(P)), {}};
    Array onActual{
        Hook::LedgerActualEffect, P, std::vector<float>(static_cast<size_t>(known) * static_cast<size_t>(P)), {}};
    forRows(owner.m_pool, rows.tokens, [&](int begin, int end) {
      std::vector<float> one(rowFloats());
      for (int row = begin; row < end; ++row) {
        float* these = row + 1 == rows.tokens ? last.data() : one.data();
        layerParts(kernels(), rows, row, K, D, step, these);
        const size_t at = static_cast<size_t>(row) * static_cast<size_t>(D),
                     to = static_cast<size_t>(row) * static_cast<size_t>(P);
        effectsOf(kernels(), these, presentAt(rows.layer), passPredicted.data() + at, D, onPredicted.floats.data() + to);
        if (row < known) {
          effectsOf(kernels(), these, presentAt(rows.layer), passActual.data() + at, D, onActual.floats.data() + to);
        }
      }
    });
    lastParts.insert(lastParts.end(), last.begin(), last.end());
    Trace next =
        owner.extended(owner.m_trace, {Stream::LayerHead, rows.layer, firstToken, count, {std::move(onPredicted)}});
    if (known > 0)
      next = owner.extended(next, {Stream::LayerNext, rows.layer, firstToken, known, {std::move(onActual)}});
    owner.publish(std::move(next));
    return {};
  }
  Status logits(const LogitsTensors&) override { return {}; }

  Recorder& owner;
  int K, P, D;
  std::vector<float> finalNorm;   // (D)
  int firstToken = 0, count = 0;  // of the call on the tape
  bool taped = true, passDue = false;
  std::vector<float> parts;                      // (L, count, P, D)
  std::vector<std::vector<uint8_t>> present;     // (L, P) of the call on the tape
  std::vector<float> stream;                     // (count, D) after the last layer
  std::vector<int32_t> predicted;                // (count)
  std::vector<float> passPredicted, passActual;  // (count, D)
  std::vector<float> lastParts;                  // (L, P, D) of the call's last row, whose next token may still come
};

Recorder::Recorder(std::shared_ptr<const Model> model, std::shared_ptr<const RunInfo> info, Publish publish,
                   int64_t tapeBytes, ThreadPool* pool)
    : m_model(std::move(model)),
      m_trace(std::move(info)),
      m_publish(std::move(publish)),
      m_pool(pool),
      m_kernels(&kernels::best()),
      m_tapeBytes(tapeBytes) {
  if (m_trace.info().capture >= Capture::Ledger) m_effects = std::make_unique<Effects>(*this);
}

Recorder::~Recorder() = default;

int Recorder::tokensPerCall(const ModelConfig& config, Capture capture, int64_t tapeBytes) {
  int64_t tokens = kMostTokensPerCall;
  const int64_t choices = std::max(1, config.router.chosen);
  tokens = std::min(tokens, std::max<int64_t>(32, kExpertFloats / (choices * config.width)));
  if (capture >= Capture::Ledger) tokens = std::min(tokens, tapeBytes / 4 / tapeFloatsPerToken(config));
  return static_cast<int>(std::max<int64_t>(1, tokens));
}

void Recorder::publish(Trace next) {
  m_trace = std::move(next);
  if (m_publish) m_publish(m_trace);
}

void Recorder::setIds(std::vector<int32_t> ids, std::vector<std::string> texts) {
  m_trace = m_trace.withIds(std::move(ids), std::move(texts));
  if (m_trace.info().capture == Capture::None) return;
  settleLastSurprisal();
  if (m_effects && m_effects->taped && m_effects->count > 0) m_effects->addActual();
}

void Recorder::settleLastSurprisal() {
  const int row = m_trace.tokens(Stream::HeadNext);
  const auto next = static_cast<size_t>(row) + 1;
  if (row + 1 != m_trace.tokens(Stream::Head) || next >= m_trace.ids().size()) return;
  const auto id = static_cast<size_t>(m_trace.ids()[next]);
  const auto surprise = static_cast<float>(m_lastLogSum - m_lastLogits[id]);
  publish(m_trace.with({Stream::HeadNext, 0, row, 1, {{Hook::Surprisal, 1, {surprise}, {}}}}));
}

void Recorder::beginCall(int firstToken, int tokens) {
  if (m_effects) m_effects->begin(firstToken, tokens);
}

Trace Recorder::extended(const Trace& trace, Block block) const {
  const bool recorded = trace.tokens(block.stream, block.layer) >= block.firstToken + block.tokens;
  return recorded ? trace : trace.with(std::move(block));
}

Status Recorder::layer(const LayerTensors& rows) {
  const ModelConfig& config = m_model->config;
  const Capture capture = m_trace.info().capture;
  const int T = rows.tokens, D = config.width;
  Block block{Stream::Layer, rows.layer, rows.firstToken, T, {}};
  if (rows.ids) addRouting(m_trace.config().router, kBlockRouter, rows, *m_kernels, m_pool, block);
  if (rows.attentionIds) {
    addRouting(config.attentionRouter, kAttentionRouter, attentionRows(rows), *m_kernels, m_pool, block);
  }
  if (capture >= Capture::Ledger) {
    Effects& effects = *m_effects;
    LedgerArrays ledger(T, effects.P);
    effects.present[static_cast<size_t>(rows.layer)] = presentParts(rows, effects.K);
    const std::vector<float> postNorm = postNormOf(*m_model, rows.layer);
    const BlockStep step = stepOf(config, postNorm);
    forRows(m_pool, T, [&](int begin, int end) {
      std::vector<float> one(effects.taped ? 0 : effects.rowFloats()), scratch;
      for (int t = begin; t < end; ++t) {
        float* parts = effects.taped ? effects.partsAt(rows.layer, t) : one.data();
        layerParts(*m_kernels, rows, t, effects.K, D, step, parts);
        ledger.fill(*m_kernels, rows, t, parts, effects.presentAt(rows.layer), effects.K, D, scratch);
      }
    });
    for (Array& array : ledger.arrays) block.arrays.push_back(std::move(array));
    if (rows.layer == config.layers - 1) std::copy_n(rows.out, static_cast<int64_t>(T) * D, effects.stream.data());
  }
  Trace next = m_trace;
  if (capture >= Capture::Full) {
    if (rows.layer == 0) {
      next = extended(next, {Stream::Embeddings, 0, rows.firstToken, T, {floatArray(Hook::Embeddings, rows.in, T, D)}});
    }
    block.arrays.push_back(floatArray(Hook::Attention, rows.attention, T, D));
    const double added = config.partsAsAdded ? config.residualScale : 1;
    if (rows.routed) block.arrays.push_back(scaled(floatArray(Hook::Routed, rows.routed, T, D), added));
    if (rows.shared) block.arrays.push_back(scaled(floatArray(Hook::Shared, rows.shared, T, D), added));
    if (rows.dense) block.arrays.push_back(floatArray(Hook::Dense, rows.dense, T, D));
    block.arrays.push_back(floatArray(Hook::Out, rows.out, T, D));
  }
  // A dense layer of a routing-only run records nothing, but says how far it got all the same.
  publish(extended(next, std::move(block)));
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
      headRow(*m_kernels, {rows.logits + static_cast<int64_t>(t) * V, static_cast<size_t>(V)}, scratch, row);
      spread.floats[at] = row.entropy;
      logSums[at] = row.logSum;
    }
  });
  m_lastLogSum = logSums.back();
  Array surprisal{Hook::Surprisal, 1, {}, {}};
  for (int t = 0; t < T; ++t) {
    const auto next = static_cast<size_t>(rows.firstToken + t) + 1;
    if (next >= m_trace.ids().size()) break;
    const float logit = rows.logits[static_cast<int64_t>(t) * V + m_trace.ids()[next]];
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
  Trace next = extended(m_trace, std::move(head));
  if (const int known = static_cast<int>(surprisal.floats.size()); known > 0) {
    surprisal.columns = 1;
    next = extended(next, {Stream::HeadNext, 0, rows.firstToken, known, {std::move(surprisal)}});
  }
  publish(std::move(next));
  return {};
}

void Recorder::endCall() {
  if (!m_effects) return;
  m_effects->passDue = !m_effects->taped;
  if (!m_effects->taped) return;
  m_effects->addAll();
}

bool Recorder::needsEffectPass() const { return m_effects && m_effects->passDue; }

TensorSink& Recorder::effectPass() {
  CHECK(needsEffectPass(), "no second pass is due");
  Effects& effects = *m_effects;
  const int known = effects.actual(effects.count - 1) >= 0 ? effects.count : effects.count - 1;
  effects.passPredicted =
      effects.directions([&](int row) { return effects.predicted[static_cast<size_t>(row)]; }, effects.count);
  effects.passActual = effects.directions([&](int row) { return effects.actual(row); }, known);
  return effects;
}

void Recorder::finishEffectPass() {
  // What is left is a tape of one row, the last: its next token may be generated later.
  Effects& effects = *m_effects;
  effects.passDue = false;
  effects.passPredicted = {};
  effects.passActual = {};
  effects.parts = std::move(effects.lastParts);
  effects.lastParts = {};
  effects.stream.erase(effects.stream.begin(), effects.stream.end() - effects.D);
  effects.firstToken += effects.count - 1;
  effects.count = 1;
  effects.taped = true;
  effects.addActual();
}

}  // namespace core
