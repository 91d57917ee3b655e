#include "core/engine/intervened_run.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/engine/ops_fast.h"
#include "core/trace/recorder.h"
#include "core/trace/second_router.h"
#include "core/trace/slice.h"

namespace core {
namespace {

constexpr int64_t kMostLogits = int64_t{1} << 25;  // kept of the first run at a time, 128 MiB

double logSumOf(std::span<const float> logits) {
  const double top = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0;
  for (const float l : logits) sum += std::exp(static_cast<double>(l) - top);
  return top + std::log(sum);
}

// Keeps a call's logits; nothing else is recorded.
class LogitKeeper : public TensorSink {
 public:
  void begin(int first, int tokens, int V, bool keep) {
    m_first = first, m_V = static_cast<size_t>(V), m_keep = keep;
    m_logits.assign(keep ? static_cast<size_t>(tokens) * m_V : 0, 0);
  }
  Status layer(const LayerTensors&) override { return {}; }
  Status logits(const LogitsTensors& rows) override {
    if (!m_keep) return {};
    const auto to = static_cast<size_t>(rows.firstToken - m_first) * m_V;
    std::copy_n(rows.logits, static_cast<size_t>(rows.tokens) * m_V, m_logits.begin() + static_cast<ptrdiff_t>(to));
    return {};
  }
  std::span<const float> row(int token) const {
    return m_keep ? std::span(m_logits).subspan(static_cast<size_t>(token - m_first) * m_V, m_V)
                  : std::span<const float>{};
  }

 private:
  int m_first = 0;
  size_t m_V = 0;
  bool m_keep = false;
  std::vector<float> m_logits;
};

// Records the second run and compares its logits with the first's.
class Comparer : public TensorSink {
 public:
  Comparer(Recorder& recorder, const LogitKeeper& before, const IntervenedRequest& request, const Model& model,
           std::span<const int32_t> ids, std::vector<TokenDifference>& out)
      : m_recorder(recorder),
        m_before(before),
        m_request(request),
        m_model(model),
        m_ids(ids),
        m_V(static_cast<size_t>(model.config.vocabulary)),
        m_out(out) {}

  Status layer(const LayerTensors& rows) override {
    if (!rows.ids) return m_recorder.layer(rows);
    const RouterConfig& router = m_model.config.router;
    const auto first = static_cast<size_t>(rows.firstToken), T = static_cast<size_t>(rows.tokens),
               E = static_cast<size_t>(router.experts);
    const std::vector<float> bias = fast::widened(m_model.weights.layer[static_cast<size_t>(rows.layer)].selectionBias);
    TRY_ASSIGN(const std::vector<ChangedChoice> changed,
               m_request.interventions->choicesOf(
                   router, {rows.layer, rows.firstToken, m_ids.subspan(first, T), {rows.routerLogits, T * E}, bias}));
    return m_recorder.layer(rows, changed);
  }
  Status logits(const LogitsTensors& rows) override {
    for (int t = 0; t < rows.tokens; ++t) {
      compare(rows.firstToken + t, {rows.logits + static_cast<size_t>(t) * m_V, m_V});
    }
    return m_recorder.logits(rows);
  }

 private:
  void compare(int token, std::span<const float> after) {
    TokenDifference d;
    d.token = token;
    const std::span<const float> before = m_before.row(token);
    d.targetBefore = d.targetAfter = d.distractorBefore = d.distractorAfter = d.kl = NAN;
    const double sumAfter = logSumOf(after);
    const auto chance = [](std::span<const float> row, double sum, std::optional<int32_t> id) {
      return id && !row.empty() ? std::exp(static_cast<double>(row[static_cast<size_t>(*id)]) - sum) : NAN;
    };
    d.targetAfter = chance(after, sumAfter, m_request.target);
    d.distractorAfter = chance(after, sumAfter, m_request.distractor);
    if (!before.empty()) {
      const double sumBefore = logSumOf(before);
      d.targetBefore = chance(before, sumBefore, m_request.target);
      d.distractorBefore = chance(before, sumBefore, m_request.distractor);
      d.kl = 0;
      for (size_t v = 0; v < m_V; ++v) {
        const double b = static_cast<double>(before[v]) - sumBefore, a = static_cast<double>(after[v]) - sumAfter;
        d.kl += std::exp(b) * (b - a);
      }
      d.kl = std::max(d.kl, 0.0);  // what rounding leaves below zero
    }
    m_out.push_back(d);
  }

  Recorder& m_recorder;
  const LogitKeeper& m_before;
  const IntervenedRequest& m_request;
  const Model& m_model;
  std::span<const int32_t> m_ids;  // of the whole run
  size_t m_V;
  std::vector<TokenDifference>& m_out;
};

class SecondRun {
 public:
  SecondRun(const std::shared_ptr<Engine>& engine, const Session& original, const IntervenedRequest& request,
            const RunCallbacks& callbacks)
      : m_engine(engine),
        m_original(original),
        m_request(request),
        m_changes(*request.interventions),
        m_callbacks(callbacks),
        m_config(engine->model().config),
        m_ids(original.trace().ids()),
        m_total(original.trace().tokens(Stream::Head)),
        m_prompt(original.trace().promptTokens()) {}

  Result<IntervenedRun> run() {
    if (!m_changes.isCausal() && m_total > m_prompt) {
      return fail(
          "a policy that looks at all tokens of a prompt cannot generate: later tokens would change earlier choices; "
          "leave out --generate");
    }
    m_run.original = m_original.trace();
    begin();
    const auto info = infoOf();
    const auto published = [this] {
      if (m_callbacks.published) m_callbacks.published(m_recorder->trace());
    };
    m_recorder = std::make_unique<Recorder>(std::shared_ptr<const Model>(m_engine, &m_engine->model()), info, published,
                                            m_request.run.ledgerBytes, m_engine->threads(), m_engine->spareFloats());
    m_recorder->resume(firstTokens(m_run.original, m_run.firstChanged, info));
    TRY_STATUS(contexts());
    const Status status = go();
    if (!status && !status.error().cancelled) return tl::unexpected<Error>(status.error());
    m_run.cancelled = !status;
    m_run.changed = m_recorder->trace();
    finishTokens();
    findParting();
    return std::move(m_run);
  }

 private:
  bool oneGroup() const { return m_config.router.dropsChoices || m_changes.changesCapacity() || !m_changes.isCausal(); }

  void begin() {
    const std::vector<int32_t> ran(m_ids.begin(), m_ids.begin() + m_total);
    const int changed = m_changes.firstChanged(ran);
    int first = std::min(changed, m_total - 1);
    std::string why;
    if (changed >= m_total && !oneGroup()) {
      why = "no token of this run is changed";
    } else if (oneGroup() && first < m_prompt) {
      first = 0;
      why = m_changes.isCausal() ? "the prompt queues as one group, so it runs again from its start: earlier second "
                                   "choices depend on later tokens"
                                 : "the policy looks at the whole prompt, so it runs again from its start";
    } else if (m_changes.columns() != m_config.router.chosen) {
      first = 0;
      why = "tokens get another number of choices, so all run again";
    } else {
      why = first > 0 ? fmt::format("run again from token {} on, the first that is changed", first)
                      : "run again from the start";
    }
    m_run.firstChanged = first;
    m_run.fromStart = first == 0;
    for (const Intervention& i : m_changes.list()) m_run.label += interventionText(i, m_config.layers) + "; ";
    m_run.label += why;
    if (hasAttentionRouter(m_config))
      m_run.label += "; changes act on the block's router alone, not on the attention's";
  }

  std::shared_ptr<const RunInfo> infoOf() const {
    auto info = std::make_shared<RunInfo>(m_run.original.info());
    auto config = std::make_shared<ModelConfig>(*info->config);
    config->router.chosen = m_changes.columns();
    info->config = std::move(config);
    if (m_changes.changesCapacity()) {
      const RouterConfig& router = m_config.router;
      info->capacity = {true, false, m_changes.capacityRule(router), m_changes.capacityFactor(router),
                        router.minCapacity};
    }
    for (const Intervention& i : m_changes.list()) info->interventions.push_back(interventionText(i, m_config.layers));
    return info;
  }

  Status contexts() {
    if (m_run.firstChanged > 0) {
      TRY_ASSIGN(m_before, m_original.forkContext(m_run.firstChanged));
      TRY_ASSIGN(m_after, m_before->fork());
      return {};
    }
    TRY_ASSIGN(m_before, m_engine->newContext(m_total));
    TRY_ASSIGN(m_after, m_engine->newContext(m_total));
    return {};
  }

  RunOptions optionsFor(int first, int count, double from, double share) const {
    RunOptions o;
    o.capacityRule = m_request.run.capacityRule;
    o.capacityFactor = m_request.run.capacityFactor;
    o.sequenceLength = std::max(first + count, m_prompt);
    o.progress = [this, first, count, from, share](double done) {
      if (!m_callbacks.progress) return true;
      const double at = first + (from + share * done) * count;
      return m_callbacks.progress({static_cast<int>(at), m_total, at / m_total});
    };
    return o;
  }

  Status go() {
    const int V = m_config.vocabulary;
    const int chunk =
        Recorder::tokensPerCall(m_recorder->trace().config(), m_request.run.capture, m_request.run.ledgerBytes);
    LogitKeeper keeper;
    Comparer comparer(*m_recorder, keeper, m_request, m_engine->model(), m_ids, m_run.tokens);
    for (int at = m_run.firstChanged; at < m_total;) {
      int count = 1;
      if (at < m_prompt) count = oneGroup() ? m_prompt - at : std::min(chunk, m_prompt - at);
      const auto ids = std::span(m_ids).subspan(static_cast<size_t>(at), static_cast<size_t>(count));
      const bool keep = int64_t{count} * V <= kMostLogits;
      keeper.begin(at, count, V, keep);
      RunOptions before = optionsFor(at, count, 0, 0.4);
      before.capture = Capture::None;
      before.lastLogitsOnly = !keep;
      TRY_STATUS(m_engine->forward(*m_before, ids, before, keeper));
      RunOptions after = optionsFor(at, count, 0.4, 0.6);
      after.capture = m_request.run.capture;
      after.interventions = m_request.interventions;
      m_recorder->beginCall(at, count);
      TRY_STATUS(m_engine->forward(*m_after, ids, after, comparer));
      m_recorder->endCall();
      if (m_recorder->needsEffectPass()) TRY_STATUS(effectPass(ids, after));
      at += count;
    }
    return {};
  }

  Status effectPass(std::span<const int32_t> ids, RunOptions options) {
    TRY_ASSIGN(const std::unique_ptr<Context> again, m_engine->newContext(static_cast<int>(ids.size())));
    options.capture = Capture::Ledger;
    options.lastLogitsOnly = true;
    TRY_STATUS(m_engine->forward(*again, ids, options, m_recorder->effectPass()));
    m_recorder->finishEffectPass();
    return {};
  }

  static double one(const Trace& trace, Hook hook, int token) {
    const auto row = trace.floats(hook, 0, token);
    return row.empty() ? NAN : static_cast<double>(row[0]);
  }

  void finishTokens() {
    for (TokenDifference& d : m_run.tokens) {
      d.surprisalBefore = one(m_run.original, Hook::Surprisal, d.token);
      d.surprisalAfter = one(m_run.changed, Hook::Surprisal, d.token);
      d.topProbabilityBefore = one(m_run.original, Hook::TopProbabilities, d.token);
      d.topProbabilityAfter = one(m_run.changed, Hook::TopProbabilities, d.token);
      const auto before = m_run.original.ints(Hook::TopIds, 0, d.token),
                 after = m_run.changed.ints(Hook::TopIds, 0, d.token);
      if (!before.empty()) d.topBefore = before[0];
      if (!after.empty()) d.topAfter = after[0];
    }
  }

  static std::vector<int32_t> setOf(std::span<const int32_t> ids) {
    std::vector<int32_t> set;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(set), [](int32_t id) { return id >= 0; });
    std::sort(set.begin(), set.end());
    return set;
  }

  void findParting() {
    for (int layer = 0; layer < m_config.layers; ++layer) {
      if (!m_config.layer[static_cast<size_t>(layer)].moe) continue;
      LayerDifference d;
      d.layer = layer;
      for (int t = m_run.firstChanged; t < m_run.changed.tokens(Stream::Layer, layer); ++t) {
        if (setOf(m_run.original.ints(Hook::RouterIds, layer, t)) ==
            setOf(m_run.changed.ints(Hook::RouterIds, layer, t)))
          continue;
        if (d.firstToken < 0) d.firstToken = t;
        ++d.tokens;
      }
      m_run.layers.push_back(d);
    }
  }

  const std::shared_ptr<Engine>& m_engine;
  const Session& m_original;
  const IntervenedRequest& m_request;
  const Interventions& m_changes;
  const RunCallbacks& m_callbacks;
  const ModelConfig& m_config;
  const std::vector<int32_t> m_ids;
  int m_total, m_prompt;
  std::unique_ptr<Recorder> m_recorder;
  std::unique_ptr<Context> m_before, m_after;
  IntervenedRun m_run;
};

}  // namespace

Result<IntervenedRun> runAgain(const std::shared_ptr<Engine>& engine, const Session& original,
                               const IntervenedRequest& request, const RunCallbacks& callbacks) {
  CHECK(request.interventions != nullptr, "no interventions");
  if (original.trace().tokens(Stream::Head) == 0) return fail("the run was stopped before its first token was through");
  return SecondRun(engine, original, request, callbacks).run();
}

Result<IntervenedRun> runIntervened(const std::shared_ptr<Engine>& engine, const IntervenedRequest& request,
                                    const RunCallbacks& callbacks) {
  TRY_ASSIGN(const std::unique_ptr<Session> original, Session::start(engine, request.run, callbacks));
  if (original->result().cancelled) return cancelled();
  return runAgain(engine, *original, request, callbacks);
}

}  // namespace core
