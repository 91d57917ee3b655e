#include "core/engine/knockout.h"

#include <algorithm>
#include <cmath>

#include "core/base/uniform.h"
#include "core/engine/intervention.h"

namespace core {
namespace {

constexpr int kChunk = 512;

// Keeps one row of logits.
class OneRow : public TensorSink {
 public:
  OneRow(int token, int V) : m_token(token), m_V(static_cast<size_t>(V)) {}
  Status layer(const LayerTensors&) override { return {}; }
  Status logits(const LogitsTensors& rows) override {
    const int row = m_token - rows.firstToken;
    if (row >= 0 && row < rows.tokens)
      logitsAtToken.assign(rows.logits + static_cast<size_t>(row) * m_V,
                           rows.logits + (static_cast<size_t>(row) + 1) * m_V);
    return {};
  }
  std::vector<float> logitsAtToken;  // (V)

 private:
  int m_token;
  size_t m_V;
};

std::vector<double> logProbabilities(const std::vector<float>& logits) {
  const double top = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0;
  std::vector<double> out(logits.begin(), logits.end());
  for (const double l : out) sum += std::exp(l - top);
  const double logSum = top + std::log(sum);
  for (double& l : out) l -= logSum;
  return out;
}

class Sweep {
 public:
  Sweep(const std::shared_ptr<Engine>& engine, const Session& original, const RunRequest& run,
        const KnockoutRequest& request, const std::function<bool(double)>& progress)
      : m_engine(engine),
        m_original(original),
        m_run(run),
        m_request(request),
        m_progress(progress),
        m_trace(original.trace()),
        m_config(engine->model().config) {}

  Result<Knockout> run() {
    if (m_request.token < 0 || m_request.token >= m_trace.tokens(Stream::Head)) {
      return fail("expected a token from 0 to {}, the last that was run, found {}", m_trace.tokens(Stream::Head) - 1,
                  m_request.token);
    }
    for (const int layer : m_request.layers) {
      if (layer < 0 || layer >= m_config.layers || !m_config.layer[static_cast<size_t>(layer)].moe)
        return fail("layer {} has no experts", layer);
    }
    TRY_ASSIGN(const auto before, logitsWith({}, m_request.token));
    m_before = logProbabilities(before);
    m_likeliest = static_cast<int32_t>(std::max_element(before.begin(), before.end()) - before.begin());
    const auto all = static_cast<double>(m_request.layers.size()) * m_config.router.experts;
    for (const int layer : m_request.layers) {
      for (int expert = 0; expert < m_config.router.experts; ++expert) {
        const Status status = silence(layer, expert);
        if (!status && status.error().cancelled) m_out.cancelled = true;
        if (!status && !status.error().cancelled) return tl::unexpected<Error>(status.error());
        if (m_progress && !m_progress(static_cast<double>(m_out.effects.size()) / all)) m_out.cancelled = true;
        if (m_out.cancelled) break;
      }
      if (m_out.cancelled) break;
    }
    m_out.kl = control(&ExpertEffect::kl);
    m_out.surprisal = control(&ExpertEffect::surprisal);
    m_out.predicted = control(&ExpertEffect::predicted);
    return std::move(m_out);
  }

 private:
  bool oneGroup() const { return m_config.router.dropsChoices; }

  Status silence(int layer, int expert) {
    ExpertEffect effect;
    effect.layer = layer;
    effect.expert = expert;
    if (nextToken() < 0) effect.surprisal = NAN;
    int first = -1;
    // With queues that later tokens fill as well, the whole prompt is one computation.
    const int last = oneGroup() && !m_request.onlyToken && m_request.token < m_trace.promptTokens()
                         ? m_trace.promptTokens() - 1
                         : m_request.token;
    for (int t = m_request.onlyToken ? m_request.token : 0; t <= last; ++t) {
      const auto ids = m_trace.ints(Hook::RouterIds, layer, t);
      if (std::find(ids.begin(), ids.end(), expert) == ids.end()) continue;
      if (first < 0) first = t;
      ++effect.uses;
    }
    if (first >= 0) {
      Intervention zero;
      zero.kind = InterventionKind::Scale;
      zero.factor = 0;
      zero.expert = expert;
      zero.firstLayer = zero.lastLayer = layer;
      zero.fromToken = m_request.onlyToken ? m_request.token : 0;
      zero.toToken = last;
      TRY_ASSIGN(const auto changes, Interventions::make({zero}, m_config));
      TRY_ASSIGN(const auto after, logitsWith(changes, first));
      compare(logProbabilities(after), effect);
    }
    m_out.effects.push_back(effect);
    return {};
  }

  int32_t nextToken() const {
    const auto next = static_cast<size_t>(m_request.token) + 1;
    return next < m_trace.ids().size() ? m_trace.ids()[next] : -1;
  }

  void compare(const std::vector<double>& after, ExpertEffect& effect) const {
    double kl = 0;
    for (size_t v = 0; v < after.size(); ++v) kl += std::exp(m_before[v]) * (m_before[v] - after[v]);
    effect.kl = std::max(kl, 0.0);
    const auto likeliest = static_cast<size_t>(m_likeliest);
    effect.predicted = std::exp(after[likeliest]) - std::exp(m_before[likeliest]);
    if (const int32_t next = nextToken(); next >= 0)
      effect.surprisal = m_before[static_cast<size_t>(next)] - after[static_cast<size_t>(next)];
  }

  // The logits at the token of a run that begins, from the original's context, at `first`.
  Result<std::vector<float>> logitsWith(const std::shared_ptr<const Interventions>& changes, int first) {
    const int prompt = m_trace.promptTokens(), T = m_request.token + 1;
    int at = oneGroup() && first < prompt ? 0 : first;
    std::unique_ptr<Context> context;
    if (at == 0) {
      TRY_ASSIGN(context, m_engine->newContext(std::max(T, oneGroup() ? prompt : T)));
    } else {
      TRY_ASSIGN(context, m_original.forkContext(at));
    }
    OneRow row(m_request.token, m_config.vocabulary);
    while (at < T) {
      int count = 1;
      if (at < prompt) count = oneGroup() ? prompt - at : std::min({kChunk, prompt - at, T - at});
      RunOptions o;
      o.capture = Capture::None;
      o.capacityRule = m_run.capacityRule;
      o.capacityFactor = m_run.capacityFactor;
      o.sequenceLength = std::max(at + count, prompt);
      o.interventions = changes;
      o.lastLogitsOnly = at + count <= T;
      TRY_STATUS(m_engine->forward(
          *context, std::span(m_trace.ids()).subspan(static_cast<size_t>(at), static_cast<size_t>(count)), o, row));
      at += count;
    }
    ++m_out.runs;
    return row.logitsAtToken;
  }

  RandomControl control(double ExpertEffect::*measure) const {
    std::vector<double> values;
    for (const ExpertEffect& effect : m_out.effects) {
      if (std::isfinite(effect.*measure)) values.push_back(effect.*measure);
    }
    return bootstrapMean(values, m_request.resamples, m_request.seed);
  }

  const std::shared_ptr<Engine>& m_engine;
  const Session& m_original;
  const RunRequest& m_run;
  const KnockoutRequest& m_request;
  const std::function<bool(double)>& m_progress;
  const Trace& m_trace;
  const ModelConfig& m_config;
  std::vector<double> m_before;  // (V) log-probabilities
  int32_t m_likeliest = 0;
  Knockout m_out;
};

}  // namespace

RandomControl bootstrapMean(std::span<const double> values, int resamples, uint64_t seed) {
  RandomControl out{NAN, NAN, NAN};
  if (values.empty() || resamples < 1) return out;
  const auto n = static_cast<double>(values.size());
  out.mean = 0;
  for (const double value : values) out.mean += value / n;
  std::vector<double> means(static_cast<size_t>(resamples));
  for (size_t r = 0; r < means.size(); ++r) {
    for (size_t i = 0; i < values.size(); ++i) {
      means[r] += values[static_cast<size_t>(uniformAt(seed, r, i) * n)] / n;
    }
  }
  std::sort(means.begin(), means.end());
  const auto at = [&](double share) {
    return means[static_cast<size_t>(std::lround(share * static_cast<double>(means.size() - 1)))];
  };
  out.low = at(0.025);
  out.high = at(0.975);
  return out;
}

Result<Knockout> knockOut(const std::shared_ptr<Engine>& engine, const Session& original, const RunRequest& run,
                          const KnockoutRequest& request, const std::function<bool(double)>& progress) {
  return Sweep(engine, original, run, request, progress).run();
}

}  // namespace core
