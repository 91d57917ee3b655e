#include "core/trace/measured_choices.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/uniform.h"
#include "core/routing/coactivation.h"
#include "core/routing/drops.h"
#include "core/routing/jensen_shannon.h"
#include "core/routing/load.h"
#include "core/routing/mutual_information.h"

namespace core {
namespace {

constexpr int kMostDraws = 24, kLeastDraws = 4, kMostShuffles = 12;
constexpr int64_t kWork = int64_t{1} << 18;       // choices that are drawn in all
constexpr int64_t kMostCells = int64_t{1} << 21;  // of the table of token ids and experts

void addLoads(const MeasuredChoices& r, MeasureValues& out) {
  std::vector<int32_t> there;
  if (r.ragged) std::copy_if(r.ids.begin(), r.ids.end(), std::back_inserter(there), [](int32_t id) { return id >= 0; });
  const std::vector<int32_t> load = expertLoad(r.ragged ? there : r.ids, r.E);
  const LoadSummary<double> summary = summariseLoad<double>(load);
  at(out, MeasureKind::OverIdeal) = summary.maxViolation + 1;
  at(out, MeasureKind::MaxViolation) = summary.maxViolation;
  at(out, MeasureKind::Variation) = summary.cv;
  at(out, MeasureKind::LoadEntropy) = summary.entropyNormalised;
  at(out, MeasureKind::Unused) = summary.unused;
}

// Of neighbours that both have a first choice.
void addRepetition(const MeasuredChoices& r, MeasureValues& out) {
  int64_t same = 0, both = 0;
  const auto K = static_cast<size_t>(r.K);
  for (size_t t = 1; t < static_cast<size_t>(r.T); ++t) {
    const int32_t before = r.ids[(t - 1) * K], now = r.ids[t * K];
    both += before >= 0 && now >= 0;
    same += before >= 0 && now == before;
  }
  if (both > 0) at(out, MeasureKind::Repetition) = static_cast<double>(same) / static_cast<double>(both);
}

void addDrops(const MeasuredChoices& r, MeasureValues& out) {
  if (!r.kept.empty()) {
    const DropsByQuarter drops = dropsByQuarter(r.kept, r.K, std::span(r.ids).first(r.kept.size()));
    at(out, MeasureKind::Dropped) = drops.choices;
    at(out, MeasureKind::LeftBehind) = drops.leftBehind;
    for (size_t q = 0; q < 4; ++q) {
      out[static_cast<size_t>(MeasureKind::DroppedQuarter1) + q] = drops.quarters[q].choices;
    }
  } else if (r.ragged) {
    int64_t without = 0;
    for (int t = 0; t < r.T; ++t) without += r.of(t).empty();
    at(out, MeasureKind::LeftBehind) = static_cast<double>(without) / r.T;
  }
}

void addPairs(const MeasuredChoices& r, MeasureValues& out) {
  const double even = coactivationByChance(r.ids, r.E, r.K);
  if (!(even > 0)) return;  // no token has two
  const Coactivation pairs = coactivation(r.ids, r.E, r.K, PairScope::All);
  int64_t choices = 0;
  for (const int64_t n : pairs.count) choices += n;
  const double least = 0.5 * static_cast<double>(choices) / r.E;
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

// For orders that read them: an even router's probabilities are any, larger ones first.
std::vector<float> drawnProbabilities(const MeasuredChoices& like, ServingOrder order, uint64_t number) {
  if (order != ServingOrder::BatchPriority && order != ServingOrder::ByScore) return {};
  std::vector<float> probs(like.kept.size());
  const auto K = static_cast<size_t>(like.K);
  for (size_t i = 0; i < probs.size(); ++i) probs[i] = static_cast<float>(uniformAt(kMeasureSeed + 3, number, i));
  for (size_t first = 0; first < probs.size(); first += K) {
    std::sort(probs.begin() + static_cast<ptrdiff_t>(first), probs.begin() + static_cast<ptrdiff_t>(first + K),
              std::greater<>());
  }
  return probs;
}

// In the same groups and order.
std::vector<uint8_t> keptOf(const std::vector<int32_t>& ids, const MeasuredChoices& like, const LayerDispatch& decided,
                            const Serving& serving, uint64_t number) {
  const auto K = static_cast<size_t>(like.K);
  const std::vector<float> probs = drawnProbabilities(like, serving.order, number);
  std::vector<int32_t> slot(like.kept.size()), kept(like.kept.size());
  for (const TokenRange& group : groupsOf(static_cast<int>(like.kept.size() / K), decided.group)) {
    const size_t first = static_cast<size_t>(group.first) * K, count = static_cast<size_t>(group.count) * K;
    QueueOrder order{serving.order, {}, serving.seed, static_cast<uint64_t>(group.first)};
    if (!probs.empty()) order.probs = std::span(probs).subspan(first, count);
    placeInQueues(std::span(ids).subspan(first, count), like.E, like.K, decided.capacityAt(group.first), order,
                  std::span(slot).subspan(first, count), std::span(kept).subspan(first, count));
  }
  std::vector<uint8_t> out;
  for (const int32_t one : kept) out.push_back(one != 0);
  return out;
}

// The same shape, chosen by an even router.
MeasuredChoices drawn(const MeasuredChoices& like, const LayerDispatch& decided, const Serving& serving,
                      uint64_t number) {
  MeasuredChoices out{like.T, like.K, like.E, like.ragged, std::vector<int32_t>(like.ids.size(), -1), {}};
  std::vector<int32_t> experts(static_cast<size_t>(like.E));
  std::iota(experts.begin(), experts.end(), 0);
  uint64_t counter = 0;
  for (int t = 0; t < like.T; ++t) {
    const size_t count = like.of(t).size(), first = static_cast<size_t>(t) * static_cast<size_t>(like.K);
    for (size_t k = 0; k < count; ++k) {
      const auto left = static_cast<double>(experts.size() - k);
      std::swap(experts[k], experts[k + static_cast<size_t>(uniformAt(kMeasureSeed, number, counter++) * left)]);
      out.ids[first + k] = experts[k];
    }
  }
  if (!like.kept.empty()) out.kept = keptOf(out.ids, like, decided, serving, number);
  return out;
}

// Long runs need few: what is drawn is even by itself.
int drawsFor(size_t choices) {
  const auto all = std::max<int64_t>(1, static_cast<int64_t>(choices));
  return static_cast<int>(std::clamp<int64_t>(kWork / all, kLeastDraws, kMostDraws));
}

std::vector<int32_t> shuffledTokens(int T, uint64_t number) {
  std::vector<int32_t> order(static_cast<size_t>(T));
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1],
              order[static_cast<size_t>(uniformAt(kMeasureSeed + 1, number, i) * static_cast<double>(i))]);
  }
  return order;
}

// What the id of a token says of its experts; `order` says whose experts it is given.
double idInformation(const MeasuredChoices& r, const std::vector<int32_t>& category, int categories,
                     const std::vector<int32_t>& order) {
  const auto E = static_cast<size_t>(r.E);
  std::vector<int64_t> counts(static_cast<size_t>(categories) * E);
  for (size_t t = 0; t < category.size(); ++t) {
    for (const int32_t expert : r.of(order[t])) {
      ++counts[static_cast<size_t>(category[t]) * E + static_cast<size_t>(expert)];
    }
  }
  return tableInformation(counts, r.E).normalised;
}

double halvesDistance(const MeasuredChoices& r, const std::vector<int32_t>& order) {
  std::vector<int64_t> first(static_cast<size_t>(r.E)), second(static_cast<size_t>(r.E));
  for (size_t t = 0; t < order.size(); ++t) {
    std::vector<int64_t>& half = 2 * t < order.size() ? first : second;
    for (const int32_t expert : r.of(order[t])) ++half[static_cast<size_t>(expert)];
  }
  return jensenShannonDistance(jensenShannon(first, second));
}

// Of the draws that have a value.
class Mean {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    m_sum += value;
    ++m_count;
  }
  double value() const { return m_count > 0 ? m_sum / m_count : NAN; }

 private:
  double m_sum = 0;
  int m_count = 0;
};

}  // namespace

MeasureValues unknownMeasures() {
  MeasureValues values;
  values.fill(NAN);
  return values;
}

std::span<const int32_t> MeasuredChoices::of(int token) const {
  const auto row = std::span(ids).subspan(static_cast<size_t>(token) * static_cast<size_t>(K), static_cast<size_t>(K));
  if (!ragged) return row;
  return row.first(static_cast<size_t>(std::find(row.begin(), row.end(), -1) - row.begin()));
}

void addChoices(const MeasuredChoices& choices, MeasureValues& out) {
  addLoads(choices, out);
  addRepetition(choices, out);
  addDrops(choices, out);
  addPairs(choices, out);
}

MeasureValues evenChoices(const MeasuredChoices& like, const LayerDispatch& decided, const Serving& serving) {
  std::array<Mean, kMeasures> means;
  const int draws = drawsFor(like.ids.size());
  for (int n = 0; n < draws; ++n) {
    MeasureValues one = unknownMeasures();
    addChoices(drawn(like, decided, serving, static_cast<uint64_t>(n)), one);
    for (size_t i = 0; i < one.size(); ++i) means[i].add(one[i]);
  }
  MeasureValues out = unknownMeasures();
  for (size_t i = 0; i < out.size(); ++i) out[i] = means[i].value();
  // Without a rule it is the run's own number of tokens without a choice, which is kept: chance says nothing.
  if (like.kept.empty()) at(out, MeasureKind::LeftBehind) = NAN;
  return out;
}

void addShuffled(const MeasuredChoices& r, std::span<const int32_t> tokens, MeasureValues& out, MeasureValues& even) {
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
  Mean distance, information;
  const int shuffles = std::min(kMostShuffles, drawsFor(r.ids.size()));
  for (int n = 0; n < shuffles; ++n) {
    order = shuffledTokens(r.T, static_cast<uint64_t>(n));
    distance.add(halvesDistance(r, order));
    if (ids) information.add(idInformation(r, category, categories, order));
  }
  at(even, MeasureKind::HalvesDistance) = distance.value();
  at(even, MeasureKind::IdInformation) = information.value();
}

}  // namespace core
