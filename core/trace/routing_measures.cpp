#include "core/trace/routing_measures.h"

#include <algorithm>
#include <cmath>

#include "core/base/uniform.h"
#include "core/routing/balance_loss.h"
#include "core/routing/importance_load.h"
#include "core/routing/load.h"
#include "core/routing/mutual_information.h"
#include "core/routing/select.h"
#include "core/routing/z_loss.h"
#include "core/trace/measured_choices.h"
#include "core/trace/placed.h"

namespace core {
namespace {

// V-MoE's load is smooth: its noise is drawn with a fixed seed.
double smoothVariation(std::span<const double> logits, std::span<const double> noise, int E, int K) {
  const SmoothLoad<double> smooth = smoothLoad<double>(logits, noise, E, K, 1.0 / E);
  std::vector<double> load(static_cast<size_t>(E));
  for (size_t i = 0; i < smooth.probs.size(); ++i) load[i % static_cast<size_t>(E)] += smooth.probs[i];
  return squaredVariation<double>(load, {});
}

void addScores(const Trace& trace, int layer, const MeasuredChoices& r, MeasureValues& out) {
  const std::vector<double> scores = scoreShares(trace, layer, r.T);
  if (scores.empty()) return;
  const auto balance = [&](BalanceForm form, std::span<const int32_t> ids) {
    return balanceLoss<double>(form, scores, r.E, ids, r.K).loss;
  };
  at(out, MeasureKind::BalanceSwitch) = balance(BalanceForm::FirstChoice, r.ids);
  at(out, MeasureKind::BalancePerToken) = balance(BalanceForm::PerToken, r.ids);
  at(out, MeasureKind::BalancePerChoice) = balance(BalanceForm::PerChoice, r.ids);
  if (!r.ragged) {
    std::vector<int32_t> unbiased(r.ids.size());
    topK<double>(scores, r.E, r.K, unbiased);
    at(out, MeasureKind::BalanceSequence) = balance(BalanceForm::PerChoice, unbiased);
  }
  std::vector<double> importance(static_cast<size_t>(r.E));
  for (size_t i = 0; i < scores.size(); ++i) importance[i % importance.size()] += scores[i];
  at(out, MeasureKind::Importance) = squaredVariation<double>(importance, {});
}

void addLogits(const Trace& trace, int layer, const MeasuredChoices& r, MeasureValues& out, MeasureValues& even) {
  const std::vector<float> recorded = trace.gatherFloats(Hook::RouterLogits, layer, 0, r.T);
  if (recorded.size() != static_cast<size_t>(r.T) * static_cast<size_t>(r.E)) return;
  const std::vector<double> logits(recorded.begin(), recorded.end());
  at(out, MeasureKind::ZLoss) = zLoss<double>(logits, r.E);
  at(even, MeasureKind::ZLoss) = std::log(r.E) * std::log(r.E);
  if (!r.ragged && r.K < r.E && static_cast<int64_t>(logits.size()) <= kMostNoise) {
    std::vector<double> noise(logits.size());
    for (size_t i = 0; i < noise.size(); ++i) noise[i] = normalAt(kMeasureSeed + 2, 0, i);
    at(out, MeasureKind::SmoothLoad) = smoothVariation(logits, noise, r.E, r.K);
    at(even, MeasureKind::SmoothLoad) = smoothVariation(std::vector<double>(logits.size()), noise, r.E, r.K);
  }
  // The softmax, whatever scores the router makes of its logits.
  std::vector<double> probs(logits.size());
  const auto E = static_cast<size_t>(r.E);
  for (size_t first = 0; first < logits.size(); first += E) {
    const double most = *std::max_element(logits.begin() + static_cast<ptrdiff_t>(first),
                                          logits.begin() + static_cast<ptrdiff_t>(first + E));
    double sum = 0;
    for (size_t e = first; e < first + E; ++e) sum += probs[e] = std::exp(logits[e] - most);
    for (size_t e = first; e < first + E; ++e) probs[e] /= sum;
  }
  const RoutingInformation<double> information = routingInformation<double>(probs, r.E, 0.0);
  at(out, MeasureKind::RouterEntropy) = information.conditional;
  at(out, MeasureKind::MarginalEntropy) = information.marginal;
  at(out, MeasureKind::TokenInformation) = -information.loss();
  at(even, MeasureKind::RouterEntropy) = at(even, MeasureKind::MarginalEntropy) = std::log(r.E);
  at(even, MeasureKind::TokenInformation) = 0;
}

void addMargins(const Trace& trace, int layer, const MeasuredChoices& r, MeasureValues& out) {
  std::vector<float> margins = trace.gatherFloats(Hook::RouterMargin, layer, 0, r.T);
  if (margins.empty() || std::any_of(margins.begin(), margins.end(), [](float m) { return std::isnan(m); })) return;
  at(out, MeasureKind::CloseShare) = static_cast<double>(closeShare<float>(margins, static_cast<float>(kCloseMargin)));
  const auto middle = margins.begin() + static_cast<ptrdiff_t>(margins.size() / 2);
  std::nth_element(margins.begin(), middle, margins.end());
  const float below = margins.size() % 2 == 0 ? *std::max_element(margins.begin(), middle) : *middle;
  at(out, MeasureKind::MarginMedian) = (static_cast<double>(below) + static_cast<double>(*middle)) / 2;
}

struct Bounds {
  double least = NAN, most = NAN;
};

Bounds boundsOf(MeasureKind kind, int E) {
  switch (kind) {
    case MeasureKind::OverIdeal:
      return {1, NAN};
    case MeasureKind::RouterEntropy:
    case MeasureKind::MarginalEntropy:
    case MeasureKind::TokenInformation:
      return {0, std::log(E)};
    case MeasureKind::LoadEntropy:
    case MeasureKind::IdInformation:
    case MeasureKind::HalvesDistance:
    case MeasureKind::CloseShare:
    case MeasureKind::Coactivation:
    case MeasureKind::Repetition:
      return {0, 1};
    default:
      // A balance loss is least, 1 or k, for even scores; without that it can be lower (balance_loss.h).
      return {kind <= MeasureKind::BalanceSequence ? NAN : 0.0, NAN};
  }
}

}  // namespace

std::vector<RoutingMeasure> measureRouting(const Trace& trace, int layer, const LayerDispatch& decided) {
  MeasuredChoices r;
  r.T = trace.tokens(Hook::RouterIds, layer);
  r.K = trace.columns(Hook::RouterIds, layer);
  r.E = trace.config().router.experts;
  r.ids = trace.gatherInts(Hook::RouterIds, layer, 0, r.T);
  if (r.T <= 0 || r.K <= 0 || r.K > r.E || r.ids.size() != static_cast<size_t>(r.T) * static_cast<size_t>(r.K))
    return {};
  if (std::any_of(r.ids.begin(), r.ids.end(), [&](int32_t id) { return id < -1 || id >= r.E; })) return {};
  const int64_t there = std::count_if(r.ids.begin(), r.ids.end(), [](int32_t id) { return id >= 0; });
  r.ragged = there != static_cast<int64_t>(r.ids.size());
  const size_t queued = static_cast<size_t>(std::clamp(decided.queued, 0, r.T)) * static_cast<size_t>(r.K);
  if (decided.exists && decided.kept.size() >= queued) {
    r.kept.assign(decided.kept.begin(), decided.kept.begin() + static_cast<ptrdiff_t>(queued));
  }
  MeasureValues value = unknownMeasures(), even = evenChoices(r, decided, servingOf(trace));
  addChoices(r, value);
  for (const MeasureKind kind :
       {MeasureKind::BalanceSwitch, MeasureKind::BalancePerChoice, MeasureKind::BalanceSequence}) {
    at(even, kind) = 1;
  }
  at(even, MeasureKind::BalancePerToken) = static_cast<double>(there) / r.T;
  at(even, MeasureKind::Importance) = 0;
  at(even, MeasureKind::Repetition) = 1.0 / r.E;
  addScores(trace, layer, r, value);
  addLogits(trace, layer, r, value, even);
  addMargins(trace, layer, r, value);
  addShuffled(r, std::span(trace.ids()).first(static_cast<size_t>(r.T)), value, even);
  std::vector<RoutingMeasure> out;
  for (int i = 0; i < kMeasures; ++i) {
    const auto kind = static_cast<MeasureKind>(i);
    if (std::isnan(at(value, kind))) continue;
    const Bounds bounds = boundsOf(kind, r.E);
    out.push_back({kind, at(value, kind), at(even, kind), bounds.least, bounds.most});
  }
  return out;
}

}  // namespace core
