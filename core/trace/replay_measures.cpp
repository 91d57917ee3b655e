#include <algorithm>
#include <cmath>

#include "core/routing/load.h"
#include "core/routing/z_loss.h"
#include "core/trace/replay.h"

namespace core {
namespace {

// Counts and sums of one layer, or of all: what the measures are made from.
struct Sums {
  int64_t choices = 0, dropped = 0, changed = 0, tokens = 0, uncovered = 0, changedTokens = 0;
};

class LayerMeter {
 public:
  LayerMeter(const Trace& recorded, const Trace& replayed, int layer)
      : m_recorded(recorded),
        m_replayed(replayed),
        m_layer(layer),
        m_dispatch(dispatchOf(replayed, layer)),
        m_load(static_cast<size_t>(replayed.config().router.experts)) {}

  ReplayMeasures measure(Sums& all) {
    const int T = m_replayed.tokens(Stream::Layer, m_layer);
    for (int t = 0; t < T; ++t) add(t);
    ReplayMeasures out = measuresOf(m_sums);
    out.layer = m_layer;
    const LoadSummary<double> load = summariseLoad<double>(m_load);
    out.maxViolation = load.maxViolation;
    out.cv = load.cv;
    out.entropy = load.entropyNormalised;
    out.unused = load.unused;
    out.balance = balance(T);
    const std::vector<float> logits = m_recorded.gatherFloats(Hook::RouterLogits, m_layer, 0, T);
    out.zLoss = static_cast<double>(core::zLoss<float>(logits, m_replayed.config().router.experts));
    all.choices += m_sums.choices, all.dropped += m_sums.dropped, all.changed += m_sums.changed;
    all.tokens += m_sums.tokens, all.uncovered += m_sums.uncovered, all.changedTokens += m_sums.changedTokens;
    return out;
  }

  static ReplayMeasures measuresOf(const Sums& sums) {
    ReplayMeasures out;
    out.choices = sums.choices;
    out.dropped = sums.dropped;
    out.tokens = sums.tokens;
    out.uncovered = sums.uncovered;
    out.changed = static_cast<double>(sums.changed) / static_cast<double>(sums.choices);
    out.changedTokens = static_cast<double>(sums.changedTokens) / static_cast<double>(sums.tokens);
    return out;
  }

 private:
  void add(int token) {
    const auto before = m_recorded.ints(Hook::RouterIds, m_layer, token),
               now = m_replayed.ints(Hook::RouterIds, m_layer, token);
    int64_t chosen = 0, changed = 0, kept = 0;
    for (size_t j = 0; j < now.size() && now[j] >= 0; ++j) {
      ++chosen;
      ++m_load[static_cast<size_t>(now[j])];
      changed += std::find(before.begin(), before.end(), now[j]) == before.end();
      const size_t place = static_cast<size_t>(token) * now.size() + j;
      kept += !m_dispatch.exists || m_dispatch.kept[place] != 0;
    }
    m_sums.choices += chosen;
    m_sums.changed += changed;
    m_sums.dropped += chosen - kept;
    m_sums.tokens += 1;
    m_sums.uncovered += kept == 0;
    const auto had = std::count_if(before.begin(), before.end(), [](int32_t id) { return id >= 0; });
    m_sums.changedTokens += changed > 0 || chosen != had;
  }

  // E sum_e f_e P_e, f_e the expert's share of the choices, P_e the mean of its share of each token's scores.
  double balance(int T) const {
    const auto E = m_load.size();
    std::vector<double> mean(E);
    for (int t = 0; t < T; ++t) {
      const auto scores = m_replayed.floats(Hook::RouterScores, m_layer, t);
      if (scores.size() != E) return NAN;
      double sum = 0;
      for (const float s : scores) sum += static_cast<double>(s);
      for (size_t e = 0; e < E && sum > 0; ++e) mean[e] += static_cast<double>(scores[e]) / sum / T;
    }
    double total = 0;
    for (size_t e = 0; e < E; ++e) total += m_load[e] * mean[e];
    return static_cast<double>(E) * total / static_cast<double>(m_sums.choices);
  }

  const Trace& m_recorded;
  const Trace& m_replayed;
  int m_layer;
  LayerDispatch m_dispatch;
  std::vector<int32_t> m_load;
  Sums m_sums;
};

}  // namespace

std::vector<ReplayMeasures> measureReplay(const Trace& recorded, const Trace& replayed) {
  std::vector<ReplayMeasures> rows;
  Sums sums;
  for (int layer = 0; layer < replayed.config().layers; ++layer) {
    if (replayed.ints(Hook::RouterIds, layer, 0).empty()) continue;
    rows.push_back(LayerMeter(recorded, replayed, layer).measure(sums));
  }
  ReplayMeasures all = LayerMeter::measuresOf(sums);
  const auto layers = static_cast<double>(rows.size());
  all.balance = all.zLoss = all.maxViolation = all.cv = all.entropy = rows.empty() ? NAN : 0;
  for (const ReplayMeasures& row : rows) {  // means over layers; busiest and idle experts are those of all layers
    all.balance += row.balance / layers;
    all.zLoss += row.zLoss / layers;
    all.cv += row.cv / layers;
    all.entropy += row.entropy / layers;
    all.maxViolation = std::max(all.maxViolation, row.maxViolation);
    all.unused += row.unused;
  }
  rows.push_back(all);
  return rows;
}

}  // namespace core
