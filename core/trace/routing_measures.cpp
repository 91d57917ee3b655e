#include "core/trace/routing_measures.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/uniform.h"
#include "core/routing/balance_loss.h"
#include "core/routing/coactivation.h"
#include "core/routing/dispatch.h"
#include "core/routing/drops.h"
#include "core/routing/importance_load.h"
#include "core/routing/jensen_shannon.h"
#include "core/routing/load.h"
#include "core/routing/mutual_information.h"
#include "core/routing/select.h"
#include "core/routing/z_loss.h"
#include "core/trace/placed.h"

namespace core {
namespace {

constexpr uint64_t kSeed = 0x4D65617375;
constexpr int kMostDraws = 24, kLeastDraws = 4, kMostShuffles = 12;
constexpr int64_t kWork = int64_t{1} << 18;       // choices that are drawn in all
constexpr int64_t kMostCells = int64_t{1} << 21;  // of the table of token ids and experts

using Values = std::array<double, kMeasures>;

double& at(Values& values, MeasureKind kind) { return values[static_cast<size_t>(kind)]; }

Values unknown() {
  Values values;
  values.fill(NAN);
  return values;
}

// One layer's routing, recorded or drawn.
struct Routed {
  int T = 0, K = 0, E = 0;
  std::vector<int32_t> ids;   // (T, K)
  std::vector<uint8_t> kept;  // (queued, K), empty: no rule
};

// What follows from the choices alone, and so has a value for drawn ones.
void addLoads(const Routed& r, Values& out) {
  const std::vector<int32_t> load = expertLoad(r.ids, r.E);
  const LoadSummary<double> summary = summariseLoad<double>(load);
  at(out, MeasureKind::OverIdeal) = summary.maxViolation + 1;
  at(out, MeasureKind::MaxViolation) = summary.maxViolation;
  at(out, MeasureKind::Variation) = summary.cv;
  at(out, MeasureKind::LoadEntropy) = summary.entropyNormalised;
  at(out, MeasureKind::Unused) = summary.unused;
  int64_t same = 0;
  const auto K = static_cast<size_t>(r.K);
  for (size_t t = 1; t < static_cast<size_t>(r.T); ++t) same += r.ids[t * K] == r.ids[(t - 1) * K];
  at(out, MeasureKind::Repetition) = r.T > 1 ? static_cast<double>(same) / (r.T - 1) : NAN;
}

void addDrops(const Routed& r, Values& out) {
  if (r.kept.empty()) return;
  const DropsByQuarter drops = dropsByQuarter(r.kept, r.K);
  at(out, MeasureKind::Dropped) = drops.choices;
  at(out, MeasureKind::LeftBehind) = drops.leftBehind;
  for (size_t q = 0; q < 4; ++q) {
    out[static_cast<size_t>(MeasureKind::DroppedQuarter1) + q] = drops.quarters[q].choices;
  }
}

void addPairs(const Routed& r, Values& out) {
  if (r.K < 2) return;
  const Coactivation pairs = coactivation(r.ids, r.E, r.K, PairScope::All);
  const double least = 0.5 * r.T * r.K / r.E;
  const auto E = static_cast<size_t>(r.E);
  double highest = NAN;
  for (size_t i = 0; i < E; ++i) {
    if (static_cast<double>(pairs.count[i]) < least) continue;
    for (size_t j = 0; j < E; ++j) {
      if (i != j && !(pairs.rate[i * E + j] <= highest)) highest = pairs.rate[i * E + j];
    }
  }
  at(out, MeasureKind::Coactivation) = highest;
}

void addChoices(const Routed& r, Values& out) {
  addLoads(r, out);
  addDrops(r, out);
  addPairs(r, out);
}

// The same shape, chosen by an even router.
Routed drawn(const Routed& like, const LayerDispatch& decided, uint64_t number) {
  Routed out{like.T, like.K, like.E, std::vector<int32_t>(like.ids.size()), {}};
  std::vector<int32_t> experts(static_cast<size_t>(like.E));
  std::iota(experts.begin(), experts.end(), 0);
  uint64_t counter = 0;
  for (size_t t = 0; t < static_cast<size_t>(like.T); ++t) {
    for (size_t k = 0; k < static_cast<size_t>(like.K); ++k) {
      const auto left = static_cast<double>(experts.size() - k);
      std::swap(experts[k], experts[k + static_cast<size_t>(uniformAt(kSeed, number, counter++) * left)]);
      out.ids[t * static_cast<size_t>(like.K) + k] = experts[k];
    }
  }
  if (like.kept.empty()) return out;
  // In the same groups, first choices first.
  const auto K = static_cast<size_t>(like.K);
  for (const TokenRange& group : groupsOf(static_cast<int>(like.kept.size() / K), decided.group)) {
    DispatchOptions<float> options;
    options.capacity = decided.capacityAt(group.first);
    const std::span<const int32_t> queue(out.ids.data() + static_cast<size_t>(group.first) * K,
                                         static_cast<size_t>(group.count) * K);
    const auto kept = dispatch<float>(queue, {}, like.E, like.K, options).kept;
    out.kept.insert(out.kept.end(), kept.begin(), kept.end());
  }
  return out;
}

// Long runs need few: what is drawn is even by itself.
int drawsFor(size_t choices) {
  const auto all = std::max<int64_t>(1, static_cast<int64_t>(choices));
  return static_cast<int>(std::clamp<int64_t>(kWork / all, kLeastDraws, kMostDraws));
}

Values evenChoices(const Routed& like, const LayerDispatch& decided) {
  const int draws = drawsFor(like.ids.size());
  Values sum{};
  for (int n = 0; n < draws; ++n) {
    Values one = unknown();
    addChoices(drawn(like, decided, static_cast<uint64_t>(n)), one);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += one[i] / draws;
  }
  return sum;
}

std::vector<int32_t> shuffledTokens(int T, uint64_t number) {
  std::vector<int32_t> order(static_cast<size_t>(T));
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(uniformAt(kSeed + 1, number, i) * static_cast<double>(i))]);
  }
  return order;
}

// What the id of a token says of its experts; `order` says whose experts it is given.
double idInformation(const Routed& r, const std::vector<int32_t>& category, int categories,
                     const std::vector<int32_t>& order) {
  std::vector<int64_t> counts(static_cast<size_t>(categories) * static_cast<size_t>(r.E));
  const auto K = static_cast<size_t>(r.K), E = static_cast<size_t>(r.E);
  for (size_t t = 0; t < category.size(); ++t) {
    for (size_t k = 0; k < K; ++k) {
      const auto expert = static_cast<size_t>(r.ids[static_cast<size_t>(order[t]) * K + k]);
      ++counts[static_cast<size_t>(category[t]) * E + expert];
    }
  }
  return tableInformation(counts, r.E).normalised;
}

double halvesDistance(const Routed& r, const std::vector<int32_t>& order) {
  std::vector<int64_t> first(static_cast<size_t>(r.E)), second(static_cast<size_t>(r.E));
  const auto K = static_cast<size_t>(r.K);
  for (size_t t = 0; t < order.size(); ++t) {
    std::vector<int64_t>& half = 2 * t < order.size() ? first : second;
    for (size_t k = 0; k < K; ++k) ++half[static_cast<size_t>(r.ids[static_cast<size_t>(order[t]) * K + k])];
  }
  return jensenShannonDistance(jensenShannon(first, second));
}

// Measures whose chance is the same tokens in another order.
void addShuffled(const Routed& r, std::span<const int32_t> tokens, Values& out, Values& even) {
  if (r.T < 2) return;
  std::map<int32_t, int32_t> numbers;
  std::vector<int32_t> category;
  for (const int32_t id : tokens) {
    category.push_back(numbers.try_emplace(id, static_cast<int32_t>(numbers.size())).first->second);
  }
  const auto categories = static_cast<int>(numbers.size());
  const bool ids = int64_t{categories} * r.E <= kMostCells;
  std::vector<int32_t> order(static_cast<size_t>(r.T));
  std::iota(order.begin(), order.end(), 0);
  at(out, MeasureKind::HalvesDistance) = halvesDistance(r, order);
  if (ids) at(out, MeasureKind::IdInformation) = idInformation(r, category, categories, order);
  double distance = 0, information = ids ? 0 : NAN;
  const int shuffles = std::min(kMostShuffles, drawsFor(r.ids.size()));
  for (int n = 0; n < shuffles; ++n) {
    order = shuffledTokens(r.T, static_cast<uint64_t>(n));
    distance += halvesDistance(r, order) / shuffles;
    if (ids) information += idInformation(r, category, categories, order) / shuffles;
  }
  at(even, MeasureKind::HalvesDistance) = distance;
  at(even, MeasureKind::IdInformation) = information;
}

// V-MoE's load is smooth: its noise is drawn with a fixed seed.
double smoothVariation(std::span<const double> logits, std::span<const double> noise, int E, int K) {
  const SmoothLoad<double> smooth = smoothLoad<double>(logits, noise, E, K, 1.0 / E);
  std::vector<double> load(static_cast<size_t>(E));
  for (size_t i = 0; i < smooth.probs.size(); ++i) load[i % static_cast<size_t>(E)] += smooth.probs[i];
  return squaredVariation<double>(load, {});
}

void addScores(const Trace& trace, int layer, const Routed& r, Values& out) {
  const std::vector<double> scores = scoreShares(trace, layer, r.T);
  if (scores.empty()) return;
  const auto balance = [&](BalanceForm form, std::span<const int32_t> ids) {
    return balanceLoss<double>(form, scores, r.E, ids, r.K).loss;
  };
  at(out, MeasureKind::BalanceSwitch) = balance(BalanceForm::FirstChoice, r.ids);
  at(out, MeasureKind::BalancePerToken) = balance(BalanceForm::PerToken, r.ids);
  at(out, MeasureKind::BalancePerChoice) = balance(BalanceForm::PerChoice, r.ids);
  std::vector<int32_t> unbiased(r.ids.size());
  topK<double>(scores, r.E, r.K, unbiased);
  at(out, MeasureKind::BalanceSequence) = balance(BalanceForm::PerChoice, unbiased);
  std::vector<double> importance(static_cast<size_t>(r.E));
  for (size_t i = 0; i < scores.size(); ++i) importance[i % importance.size()] += scores[i];
  at(out, MeasureKind::Importance) = squaredVariation<double>(importance, {});
}

void addLogits(const Trace& trace, int layer, const Routed& r, Values& out, Values& even) {
  const std::vector<float> recorded = trace.gatherFloats(Hook::RouterLogits, layer, 0, r.T);
  if (recorded.size() != static_cast<size_t>(r.T) * static_cast<size_t>(r.E)) return;
  const std::vector<double> logits(recorded.begin(), recorded.end());
  at(out, MeasureKind::ZLoss) = zLoss<double>(logits, r.E);
  at(even, MeasureKind::ZLoss) = std::log(r.E) * std::log(r.E);
  if (r.K < r.E && static_cast<int64_t>(logits.size()) <= kMostNoise) {
    std::vector<double> noise(logits.size());
    for (size_t i = 0; i < noise.size(); ++i) noise[i] = normalAt(kSeed + 2, 0, i);
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

void addMargins(const Trace& trace, int layer, const Routed& r, Values& out) {
  std::vector<float> margins = trace.gatherFloats(Hook::RouterMargin, layer, 0, r.T);
  if (margins.empty() || std::any_of(margins.begin(), margins.end(), [](float m) { return std::isnan(m); })) return;
  at(out, MeasureKind::CloseShare) = static_cast<double>(closeShare<float>(margins, static_cast<float>(kCloseMargin)));
  const auto middle = margins.begin() + static_cast<ptrdiff_t>(margins.size() / 2);
  std::nth_element(margins.begin(), middle, margins.end());
  at(out, MeasureKind::MarginMedian) = static_cast<double>(*middle);
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
  Routed r;
  r.T = trace.tokens(Hook::RouterIds, layer);
  r.K = trace.columns(Hook::RouterIds, layer);
  r.E = trace.config().router.experts;
  r.ids = trace.gatherInts(Hook::RouterIds, layer, 0, r.T);
  if (r.T <= 0 || r.K <= 0 || r.K > r.E || r.ids.size() != static_cast<size_t>(r.T) * static_cast<size_t>(r.K))
    return {};
  if (std::any_of(r.ids.begin(), r.ids.end(), [&](int32_t id) { return id < 0 || id >= r.E; })) return {};
  const size_t queued = static_cast<size_t>(std::clamp(decided.queued, 0, r.T)) * static_cast<size_t>(r.K);
  if (decided.exists && decided.kept.size() >= queued) {
    r.kept.assign(decided.kept.begin(), decided.kept.begin() + static_cast<ptrdiff_t>(queued));
  }
  Values value = unknown(), even = evenChoices(r, decided);
  addChoices(r, value);
  for (const MeasureKind kind :
       {MeasureKind::BalanceSwitch, MeasureKind::BalancePerChoice, MeasureKind::BalanceSequence}) {
    at(even, kind) = 1;
  }
  at(even, MeasureKind::BalancePerToken) = r.K;
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
