// One forward pass, layer by layer:
//
//   h = norm(x);  q, k, v = h W, or by way of a latent;  q, k normed, clipped, rotated;  k, v into the cache
//   x += attention(q, cache) Wo
//   h = norm(x);  router logits -> scores -> ids, weights -> slots;  x += sum of weighted experts (+ shared)
//   or, in a layer without experts:  x += mlp(h)
//
// then the final norm and the logits, in blocks of rows so that a large vocabulary needs little memory.
#include "core/engine/cpu_engine.h"

#include <algorithm>
#include <fstream>

#include "core/base/check.h"
#include "core/base/row_loop.h"
#include "core/engine/cpu_context.h"
#include "core/engine/cpu_layer.h"
#include "core/engine/intervention.h"
#include "core/engine/ops.h"
#include "core/engine/ops_fast.h"
#include "core/engine/rope_cache.h"
#include "core/engine/routing_step.h"
#include "core/engine/support.h"
#include "core/routing/attention_router.h"

namespace core {
namespace {

constexpr int64_t kLogitFloats = int64_t{1} << 22;  // of one block of logits, 16 MiB

std::string processorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) return line.substr(colon + 2);
  }
  return "x86-64 processor";
}

// x[t] += scale * row for every row of x; an empty row is none.
void addRow(const std::vector<float>& row, double scale, std::vector<float>& x) {
  if (row.empty()) return;
  const auto D = static_cast<int64_t>(row.size());
  for (size_t at = 0; at < x.size(); at += row.size()) ops::add(x.data() + at, row.data(), D, scale);
}

class CpuEngine : public Engine {
 public:
  CpuEngine(std::shared_ptr<const Model> model, int threads)
      : m_model(std::move(model)), m_machine(threads, m_model->config.attention.valueDim()) {
    m_info.engine = "cpu";
    m_info.device = processorName();
    m_info.kernels = m_machine.kernels().name;
    const Weights& weights = m_model->weights;
    for (const LayerWeights& from : weights.layer) m_layers.push_back(cpuLayerOf(from));
    m_finalNorm = fast::weightsOf(weights.finalNorm);
    m_output = fast::matrixOf(weights.output);
  }

  const Model& model() const override { return *m_model; }
  const EngineInfo& info() const override { return m_info; }
  ThreadPool* threads() override { return &m_machine.pool(); }
  SpareFloats* spareFloats() override { return &m_spareFloats; }

  Result<std::unique_ptr<Context>> newContext(int tokens) override {
    CHECK(tokens > 0, "context of {} tokens", tokens);
    try {
      return std::make_unique<CpuContext>(config(), tokens, m_spare);
    } catch (const std::bad_alloc&) {
      return fail("not enough memory for a context of {} tokens; ask for a shorter one", tokens);
    } catch (const std::length_error&) {
      return fail("a context of {} tokens is larger than this machine can address", tokens);
    }
  }

  Status forward(Context& context, std::span<const int32_t> ids, const RunOptions& options, TensorSink& sink) override;

 private:
  const ModelConfig& config() const { return m_model->config; }

  // What one call of forward works on; vectors keep their memory between calls.
  struct Work {
    int T = 0, first = 0;
    std::vector<float> x, in, h, q, k, v, attention, block, shared, parts, logits;
    std::vector<float> queryLatent, latent, sharedKey, latentHeads;
    std::vector<float> routerLogits, attentionLogits, routerQuery, routerKey, routerValue;
    std::vector<float> pairs, half, filtered, attentionParts;
    fast::ExpertBuffers experts;
    RopeCache::Rows rope;
    Routing routing, attentionRouting;
    std::span<const int32_t> tokenIds;  // (T)
  };

  // Of the model's kind, rows of D; y may be x.
  void norm(const fast::NormWeights& weights, const float* x, int rows, float* y) {
    norm(weights, config().normEps, x, rows, y);
  }
  void norm(const fast::NormWeights& weights, double eps, const float* x, int rows, float* y);
  void project(const CpuLayer& layer, fast::LayerCache& cache, LayerTensors& out);
  void projectByLatent(const CpuLayer& layer);
  const float* filter(const CpuLayer& layer, fast::LayerCache& cache);
  void routeQueries(const CpuLayer& layer, LayerTensors& out);
  void joinAttentionExperts(const CpuLayer& layer);
  void score(const CpuLayer& layer);
  void attend(const CpuLayer& layer, const LayerConfig& shape, CpuContext& context, fast::LayerCache& cache, LayerTensors& out);
  Status mixExperts(const CpuLayer& layer, const RunOptions& options, LayerTensors& out);
  void scaleShared(const Interventions& changes, int layer);
  void keepStream();
  void report(const RunOptions& options, LayerTensors& out) const;
  Status head(const RunOptions& options, TensorSink& sink);

  std::shared_ptr<const Model> m_model;
  fast::Machine m_machine;
  EngineInfo m_info;
  std::vector<CpuLayer> m_layers;
  fast::NormWeights m_finalNorm;
  fast::Matrix m_output;
  SpareFloats m_spareFloats;
  std::shared_ptr<SpareCaches> m_spare = std::make_shared<SpareCaches>();
  RopeCache m_angles;
  Stopwatch m_watch;
  Work m_work;
};

void CpuEngine::norm(const fast::NormWeights& weights, double eps, const float* x, int rows, float* y) {
  const int D = config().width;
  if (config().norm == NormKind::Layer) return fast::layerNorm(m_machine, weights, eps, x, rows, D, y);
  fast::rmsNorm(m_machine, weights.weight, eps, x, rows, D, y);
}

// Queries, keys and values by way of the short vectors.
void CpuEngine::projectByLatent(const CpuLayer& layer) {
  Work& w = m_work;
  const AttentionConfig& a = config().attention;
  const LatentAttention& latent = a.latent;
  const auto rows = static_cast<size_t>(w.T);
  w.latent.resize(rows * static_cast<size_t>(latent.keyValueRank));
  w.sharedKey.resize(rows * static_cast<size_t>(latent.ropeDim));
  w.queryLatent.resize(rows * static_cast<size_t>(latent.queryRank));
  w.latentHeads.resize(rows * static_cast<size_t>(a.heads * (latent.nopeDim + latent.valueDim)));
  const bool squeezed = latent.queryRank > 0;
  const fast::Product down[] = {{&layer.keyValueDown, w.h.data(), w.latent.data(), w.T},
                                {&layer.sharedKey, w.h.data(), w.sharedKey.data(), w.T},
                                {squeezed ? &layer.queryDown : &layer.query, w.h.data(),
                                 squeezed ? w.queryLatent.data() : w.q.data(), w.T}};
  fast::products(m_machine, down);
  fast::rmsNorm(m_machine, layer.keyValueDownNorm, latent.normEps, w.latent.data(), w.T, latent.keyValueRank,
                w.latent.data());
  if (squeezed) {
    fast::rmsNorm(m_machine, layer.queryDownNorm, latent.normEps, w.queryLatent.data(), w.T, latent.queryRank,
                  w.queryLatent.data());
  }
  const fast::Product up[] = {{&layer.keyValueUp, w.latent.data(), w.latentHeads.data(), w.T},
                              {&layer.query, w.queryLatent.data(), w.q.data(), w.T}};
  fast::products(m_machine, std::span<const fast::Product>(up, squeezed ? 2u : 1u));
  const ops::LatentShape shape{w.T, a.heads, latent.nopeDim, a.headDim, latent.valueDim};
  fast::latentHeads(m_machine, shape, w.latentHeads.data(), w.sharedKey.data(), w.k.data(), w.v.data());
}

// What queries and keys are projected from. A row needs the two normed inputs before it, which the cache holds.
const float* CpuEngine::filter(const CpuLayer& layer, fast::LayerCache& cache) {
  Work& w = m_work;
  const int D = config().width, half = layer.filterFirst.out();
  std::copy(w.h.begin(), w.h.end(), cache.inputs.begin() + static_cast<ptrdiff_t>(w.first) * D);
  const int back = w.first > 0 ? 1 : 0;  // the second convolution meets the first one's row before these
  const int rows = w.T + back, at = w.first - back;
  const float* x = cache.inputs.data() + static_cast<ptrdiff_t>(at) * D;
  w.pairs.resize(static_cast<size_t>(rows) * static_cast<size_t>(2 * D));
  w.half.resize(static_cast<size_t>(rows) * static_cast<size_t>(half));
  w.filtered.resize(w.h.size());
  fast::pairWithPrevious(m_machine, x, at > 0 ? x - D : nullptr, rows, D, w.pairs.data());
  const fast::Product first[] = {{&layer.filterFirst, w.pairs.data(), w.half.data(), rows}};
  fast::products(m_machine, first);
  const float* made = w.half.data() + static_cast<ptrdiff_t>(back) * half;
  fast::pairWithPrevious(m_machine, made, back > 0 ? w.half.data() : nullptr, w.T, half, w.pairs.data());
  const fast::Product second[] = {{&layer.filterSecond, w.pairs.data(), w.filtered.data(), w.T}};
  fast::products(m_machine, second);
  fast::add(m_machine, w.filtered.data(), w.h.data(), 1, w.T, D);
  fast::rmsNorm(m_machine, layer.filterNorm, config().attention.localFilterEps, w.filtered.data(), w.T, D, w.filtered.data());
  return w.filtered.data();
}

// Routed attention: chooses the experts of every token and lets each of them make its queries, (T, K, G * P) in w.q.
void CpuEngine::routeQueries(const CpuLayer& layer, LayerTensors& out) {
  Work& w = m_work;
  const RouterConfig& router = config().attentionRouter;
  w.attentionLogits.resize(static_cast<size_t>(w.T) * static_cast<size_t>(router.experts));
  const fast::Product logits[] = {{&layer.attentionRouter, w.h.data(), w.attentionLogits.data(), w.T}};
  fast::products(m_machine, logits);
  w.attentionRouting = route(router, w.attentionLogits.data(), {}, w.T, {});
  const fast::RoutedJob job{w.T, router.chosen, &w.attentionRouting.batches, nullptr, false};
  fast::routedLinear(m_machine, job, layer.attentionQueries, w.h.data(), w.experts, w.q.data());
  out.attentionRouterLogits = w.attentionLogits.data();
  out.attentionIds = w.attentionRouting.ids.data();
  out.attentionWeights = w.attentionRouting.weights.data();
}

// w.attention = sum of what the chosen experts make of their heads, weighted, and the bias.
void CpuEngine::joinAttentionExperts(const CpuLayer& layer) {
  Work& w = m_work;
  const int K = config().attentionRouter.chosen, D = config().width;
  w.attentionParts.resize(w.x.size() * static_cast<size_t>(K));
  const fast::RoutedJob job{w.T, K, &w.attentionRouting.batches, w.attentionRouting.weights.data(), true};
  fast::routedLinear(m_machine, job, layer.attentionOutputs, w.block.data(), w.experts, w.attentionParts.data());
  ops::sumRanks(w.attentionParts.data(), w.T, K, D, w.attention.data());
  addRow(layer.outputBias, 1, w.attention);
}

// w.h holds the normed stream; fills w.q, w.k and w.v.
void CpuEngine::project(const CpuLayer& layer, fast::LayerCache& cache, LayerTensors& out) {
  Work& w = m_work;
  const AttentionConfig& a = config().attention;
  const auto rows = static_cast<size_t>(w.T);
  w.q.resize(rows * static_cast<size_t>(a.heads * a.headDim));
  w.k.resize(rows * static_cast<size_t>(a.keyValueHeads * a.headDim));
  w.v.resize(rows * static_cast<size_t>(a.keyValueHeads * a.valueDim()));
  if (a.latent.keyValueRank > 0) return projectByLatent(layer);
  const float* input = a.localFilter ? filter(layer, cache) : w.h.data();
  const bool routed = config().attentionRouter.experts > 0;
  if (routed) routeQueries(layer, out);
  const fast::Product projections[] = {{&layer.key, input, w.k.data(), w.T},
                                       {&layer.value, w.h.data(), w.v.data(), w.T},
                                       {&layer.query, input, w.q.data(), w.T}};
  fast::products(m_machine, std::span(projections).first(routed ? 2 : 3));
}

void CpuEngine::attend(const CpuLayer& layer, const LayerConfig& shape, CpuContext& context, fast::LayerCache& cache,
                       LayerTensors& out) {
  Work& w = m_work;
  const AttentionConfig& a = config().attention;
  const int D = config().width;
  w.h.resize(w.x.size());
  norm(layer.inputNorm, w.x.data(), w.T, w.h.data());
  project(layer, cache, out);
  m_watch.lap("projections");
  if (a.qkNorm != QkNorm::None && (a.qkNorm != QkNorm::Weightless || shape.rope)) {
    const bool perHead = a.qkNorm != QkNorm::FullWidth;
    const int qRows = perHead ? w.T * a.heads : w.T, kRows = perHead ? w.T * a.keyValueHeads : w.T;
    const int qWidth = perHead ? a.headDim : a.heads * a.headDim, kWidth = perHead ? a.headDim : a.keyValueHeads * a.headDim;
    fast::rmsNorm(m_machine, layer.queryNorm, a.qkNormEps, w.q.data(), qRows, qWidth, w.q.data());
    fast::rmsNorm(m_machine, layer.keyNorm, a.qkNormEps, w.k.data(), kRows, kWidth, w.k.data());
  }
  if (a.clipQkv > 0) {
    for (std::vector<float>* part : {&w.q, &w.k, &w.v}) ops::clip(part->data(), static_cast<int64_t>(part->size()), a.clipQkv);
  }
  if (shape.rope) {
    fast::rope(m_machine, *w.rope.table, w.rope.row, a.rope.layout, w.q.data(), w.T, a.heads, a.headDim);
    fast::rope(m_machine, *w.rope.table, w.rope.row, a.rope.layout, w.k.data(), w.T, a.keyValueHeads, a.headDim);
  } else if (a.temperatureScale > 0) {
    ops::temper(w.q.data(), w.first, w.T, int64_t{a.heads} * a.headDim, a.temperatureScale, a.temperatureFloor);
  }
  context.write(m_machine.pool(), cache.keys, w.k.data(), w.T, a.keyValueHeads, a.headDim);
  context.write(m_machine.pool(), cache.values, w.v.data(), w.T, a.keyValueHeads, a.valueDim());
  m_watch.lap("rotation and cache");

  fast::AttentionJob job;
  job.T = w.T;
  job.first = w.first;
  job.heads = a.heads;
  job.keyValueHeads = a.keyValueHeads;
  job.headDim = a.headDim;
  job.valueDim = a.valueDim();
  job.tiledKeyValues = a.tiledKeyValues;
  job.capacity = context.capacity();
  job.scale = a.scale;
  job.window = shape.window;
  job.chunk = shape.chunk;
  job.logitCap = a.logitCap;
  job.sinks = layer.sinks.empty() ? nullptr : layer.sinks.data();
  w.block.resize(static_cast<size_t>(w.T) * static_cast<size_t>(a.heads * a.valueDim()));
  fast::attention(m_machine, job, w.q.data(), cache, w.block.data());
  m_watch.lap("attention");
  w.attention.resize(w.x.size());
  if (config().attentionRouter.experts > 0) {
    joinAttentionExperts(layer);
  } else {
    const fast::Product output[] = {{&layer.output, w.block.data(), w.attention.data(), w.T}};
    fast::products(m_machine, output);
  }
  if (config().postNorms) {
    norm(layer.attentionPostNorm, w.attention.data(), w.T, w.attention.data());
  }
  if (config().residualScale != 1) {
    for (float& value : w.attention) value *= static_cast<float>(config().residualScale);
  }
  fast::add(m_machine, w.x.data(), w.attention.data(), 1, w.T, D);
  m_watch.lap("attention output");
}

// w.routerLogits from w.h
void CpuEngine::score(const CpuLayer& layer) {
  Work& w = m_work;
  w.routerLogits.resize(static_cast<size_t>(w.T) * static_cast<size_t>(config().router.experts));
  if (!config().router.attentionLogits) {
    const fast::Product logits[] = {{&layer.router, w.h.data(), w.routerLogits.data(), w.T}};
    return fast::products(m_machine, logits);
  }
  for (auto* part : {&w.routerQuery, &w.routerKey, &w.routerValue}) part->resize(w.routerLogits.size());
  const fast::Product projections[] = {{&layer.router, w.h.data(), w.routerQuery.data(), w.T},
                                       {&layer.routerKey, w.h.data(), w.routerKey.data(), w.T},
                                       {&layer.routerValue, w.h.data(), w.routerValue.data(), w.T}};
  fast::products(m_machine, projections);
  attentionLogits<float>(w.routerQuery, w.routerKey, w.routerValue, config().router.experts, w.routerLogits);
}

void CpuEngine::scaleShared(const Interventions& changes, int layer) {
  Work& w = m_work;
  const std::vector<float> factors = changes.sharedFactors(layer, w.first, w.tokenIds);
  const auto D = static_cast<size_t>(config().width);
  for (size_t t = 0; t < factors.size(); ++t) {
    for (float& value : std::span(w.shared).subspan(t * D, D)) value *= factors[t];
  }
}

// w.h holds the block's input, normed. Adds routed and shared to the stream.
Status CpuEngine::mixExperts(const CpuLayer& layer, const RunOptions& options, LayerTensors& out) {
  Work& w = m_work;
  const RouterConfig& router = config().router;
  const int D = config().width;
  const auto rows = static_cast<size_t>(w.T);
  score(layer);
  m_watch.lap("router logits");
  const Interventions* changes = options.interventions.get();
  const int K = changes ? changes->columns() : router.chosen;
  TRY_ASSIGN(const std::optional<int64_t> slots,
             changes ? changes->slotsAnExpert(router, w.T, options.capacityRule, options.capacityFactor)
                     : slotsFor(router, w.T, options.capacityRule, options.capacityFactor));
  w.routing = route(router, w.routerLogits.data(), layer.selectionBias, w.T, slots, &m_machine.pool());
  if (changes) {
    const Interventions::Rows changed{out.layer, w.first, w.tokenIds, w.routerLogits, layer.selectionBias};
    TRY_STATUS(changes->apply(router, changed, slots, w.routing));
  }
  m_watch.lap("routing");

  const bool keepParts = options.capture >= Capture::Ledger;
  w.parts.resize(keepParts ? rows * static_cast<size_t>(K) * static_cast<size_t>(D) : 0);
  w.block.resize(rows * static_cast<size_t>(D));
  fast::ExpertJob job;
  job.T = w.T;
  job.D = D;
  job.K = K;
  job.ids = w.routing.ids.data();
  job.weights = w.routing.weights.data();
  job.batches = &w.routing.batches;
  job.activation = config().activation;
  job.side = router.side;
  fast::experts(m_machine, job, layer.experts, w.h.data(), w.experts, keepParts ? w.parts.data() : nullptr, w.block.data());
  m_watch.lap("routed experts");

  const SharedExpert shared = config().shared;
  if (shared != SharedExpert::None) {
    w.shared.resize(w.block.size());
    if (shared == SharedExpert::OwnStep) {
      fast::add(m_machine, w.x.data(), w.block.data(), config().residualScale, w.T, D);
      norm(layer.sharedNorm, w.x.data(), w.T, w.h.data());
    }
    fast::mlp(m_machine, layer.shared, config().activation, w.h.data(), w.T, w.experts, w.shared.data());
    if (shared == SharedExpert::Gated) fast::sigmoidGate(m_machine, layer.sharedGate, w.h.data(), w.T, D, w.shared.data());
    if (changes) scaleShared(*changes, out.layer);
    m_watch.lap("shared expert");
  }
  const float* update = w.block.data();
  if (config().postNorms) {  // the routed sum itself stays as it is, for the trace
    norm(layer.blockPostNorm, w.block.data(), w.T, w.h.data());
    update = w.h.data();
  }
  if (shared != SharedExpert::OwnStep) fast::add(m_machine, w.x.data(), update, config().residualScale, w.T, D);
  addRow(layer.routedBias, config().residualScale, w.x);
  if (shared != SharedExpert::None) fast::add(m_machine, w.x.data(), w.shared.data(), config().residualScale, w.T, D);

  m_watch.lap("residual stream");
  out.routerLogits = w.routerLogits.data();
  out.routerScores = w.routing.scores.empty() ? nullptr : w.routing.scores.data();
  out.routerSelection = w.routing.selection.empty() ? nullptr : w.routing.selection.data();
  out.ids = w.routing.ids.data();
  out.weights = w.routing.weights.data();
  if (!w.routing.kept.empty()) {
    out.kept = w.routing.kept.data();
    out.slot = w.routing.slot.data();
  }
  if (keepParts) {
    out.experts = w.parts.data();
    if (shared != SharedExpert::None) out.shared = w.shared.data();
    if (options.capture >= Capture::Full) out.routed = w.block.data();
  }
  return {};
}

// w.in = w.x
void CpuEngine::keepStream() {
  Work& w = m_work;
  const int64_t D = config().width;
  w.in.resize(w.x.size());
  forRows(&m_machine.pool(), w.T, [&](int64_t begin, int64_t end) {
    std::copy_n(w.x.data() + begin * D, (end - begin) * D, w.in.data() + begin * D);
  });
}

void CpuEngine::report(const RunOptions& options, LayerTensors& out) const {
  if (options.capture < Capture::Ledger) return;
  out.in = m_work.in.data();
  out.attention = m_work.attention.data();
  out.out = m_work.x.data();
}

Status CpuEngine::head(const RunOptions& options, TensorSink& sink) {
  Work& w = m_work;
  const int D = config().width, V = config().vocabulary;
  const int begin = options.lastLogitsOnly ? w.T - 1 : 0;
  const int block = static_cast<int>(std::clamp<int64_t>(kLogitFloats / V, 1, w.T));
  w.h.resize(static_cast<size_t>(block) * static_cast<size_t>(D));
  w.logits.resize(static_cast<size_t>(block) * static_cast<size_t>(V));
  const int blocks = (w.T - begin + block - 1) / block;
  for (int b = 0; b < blocks; ++b) {
    const int from = begin + b * block;
    const int rows = std::min(block, w.T - from);
    norm(m_finalNorm, config().lastNormEps(), w.x.data() + static_cast<int64_t>(from) * D, rows, w.h.data());
    const fast::Product product[] = {{&m_output, w.h.data(), w.logits.data(), rows}};
    fast::products(m_machine, product);
    if (config().logitScale != 1) {
      for (float& value : w.logits) value *= static_cast<float>(config().logitScale);
    }
    m_watch.lap("logits");
    TRY_STATUS(sink.logits({w.first + from, rows, w.logits.data()}));
    m_watch.lap("recording");
    if (options.progress && b + 1 < blocks && !options.progress(0.9 + 0.1 * (b + 1) / blocks)) return cancelled();
  }
  return {};
}

Status CpuEngine::forward(Context& anyContext, std::span<const int32_t> ids, const RunOptions& options, TensorSink& sink) {
  auto& context = static_cast<CpuContext&>(anyContext);
  Work& w = m_work;
  const int D = config().width;
  CHECK(!ids.empty(), "forward without ids");
  m_watch = Stopwatch(options.profile);
  w.T = static_cast<int>(ids.size());
  w.first = context.length();
  w.tokenIds = ids;
  if (w.first + w.T > context.capacity()) {
    return fail("the context has room for {} tokens, {} are in it and {} were given", context.capacity(), w.first, w.T);
  }
  for (const int32_t id : ids) {
    if (id < 0 || id >= config().vocabulary) {
      return fail("token id {} is outside the vocabulary of {} entries", id, config().vocabulary);
    }
  }
  const int sequence = options.sequenceLength > 0 ? options.sequenceLength : w.first + w.T;
  w.rope = m_angles.rows(config().attention.rope, config().context, w.first, w.T, sequence);
  w.x.resize(static_cast<size_t>(w.T) * static_cast<size_t>(D));
  fast::embed(m_machine, m_model->weights.embedding, ids.data(), w.T, config().embeddingScale, w.x.data());
  m_watch.lap("embedding");

  for (int l = 0; l < config().layers; ++l) {
    const CpuLayer& layer = m_layers[static_cast<size_t>(l)];
    const LayerConfig& shape = config().layer[static_cast<size_t>(l)];
    if (options.capture >= Capture::Ledger) keepStream();
    LayerTensors out;
    attend(layer, shape, context, context.layers[static_cast<size_t>(l)], out);
    out.layer = l;
    out.firstToken = w.first;
    out.tokens = w.T;
    w.h.resize(w.x.size());
    norm(layer.blockNorm, w.x.data(), w.T, w.h.data());
    m_watch.lap("norm of the block");
    if (shape.moe) {
      TRY_STATUS(mixExperts(layer, options, out));
    } else {
      w.block.resize(w.x.size());
      fast::mlp(m_machine, layer.dense, config().activation, w.h.data(), w.T, w.experts, w.block.data());
      if (config().postNorms) {
        norm(layer.blockPostNorm, w.block.data(), w.T, w.block.data());
      }
      if (config().residualScale != 1) {
        for (float& value : w.block) value *= static_cast<float>(config().residualScale);
      }
      fast::add(m_machine, w.x.data(), w.block.data(), 1, w.T, D);
      m_watch.lap("dense block");
      if (options.capture >= Capture::Ledger) out.dense = w.block.data();
    }
    report(options, out);
    if (m_model->storage) TRY_STATUS(m_model->storage->check());
    if (options.capture != Capture::None) TRY_STATUS(sink.layer(out));
    m_watch.lap("recording");
    if (options.progress && !options.progress(0.9 * (l + 1) / config().layers)) return cancelled();
  }
  TRY_STATUS(head(options, sink));
  if (m_model->storage) TRY_STATUS(m_model->storage->check());
  context.grow(w.T);
  return {};
}

}  // namespace

Result<std::shared_ptr<Engine>> makeCpuEngine(std::shared_ptr<const Model> model, int threads) {
  TRY_STATUS(engineSupports(model->config));
  return std::make_shared<CpuEngine>(std::move(model), threads);
}

}  // namespace core
