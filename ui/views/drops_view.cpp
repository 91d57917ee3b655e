#include "ui/views/drops_view.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/routing/null_drop_curve.h"
#include "core/trace/dispatch.h"
#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

constexpr int kMostBins = 24;
constexpr int64_t kLongRun = 4096;  // choices

// splitmix64 as a counter: the same shuffles for the same run, layer and number.
uint64_t random(uint64_t key) {
  uint64_t z = key * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// What queues: T tokens, in groups of `size`.
struct Queued {
  int T = 0, K = 0, E = 0, size = 0;
  int C = 0, lastC = 0;  // slots in a full group and in the last one
  core::Serving serving;
  std::vector<int32_t> ids;  // (T, K)
  std::vector<float> probs;  // (T, K), where the order reads them

  std::vector<core::TokenRange> groups() const { return core::groupsOf(T, size); }
  int slotsOf(const core::TokenRange& group) const { return group.count < size ? lastC : C; }
};

double shareOf(const std::vector<uint8_t>& kept, const DropsBin& bin, int K) {
  int dropped = 0;
  for (int t = bin.first; t <= bin.last; ++t) {
    for (int k = 0; k < K; ++k)
      dropped += kept[static_cast<size_t>(t) * static_cast<size_t>(K) + static_cast<size_t>(k)] == 0;
  }
  return static_cast<double>(dropped) / ((bin.last - bin.first + 1) * K);
}

// Kept of the choices `ids` of which the token in place t is `tokens[t]`.
std::vector<uint8_t> keptOf(const Queued& q, const std::vector<int32_t>& tokens) {
  const auto K = static_cast<size_t>(q.K);
  std::vector<int32_t> ids(q.ids.size()), slot(q.ids.size()), kept(q.ids.size());
  std::vector<float> probs(q.probs.size());
  for (size_t t = 0; t < tokens.size(); ++t) {
    const ptrdiff_t from = ptrdiff_t{tokens[t]} * q.K, to = static_cast<ptrdiff_t>(t * K);
    std::copy_n(q.ids.begin() + from, K, ids.begin() + to);
    if (!probs.empty()) std::copy_n(q.probs.begin() + from, K, probs.begin() + to);
  }
  for (const core::TokenRange& group : q.groups()) {
    const size_t at = static_cast<size_t>(group.first) * K, count = static_cast<size_t>(group.count) * K;
    core::QueueOrder order{q.serving.order, {}, q.serving.seed, static_cast<uint64_t>(group.first)};
    if (!probs.empty()) order.probs = std::span<const float>(probs).subspan(at, count);
    core::placeInQueues(std::span<const int32_t>(ids).subspan(at, count), q.E, q.K, q.slotsOf(group), order,
                        std::span(slot).subspan(at, count), std::span(kept).subspan(at, count));
  }
  return {kept.begin(), kept.end()};
}

// P(at least C of t choices fall on an expert of share q), t large.
double normalTail(double t, double q, double C) {
  const double deviation = std::sqrt(t * q * (1 - q));
  if (deviation <= 0) return t * q >= C ? 1 : 0;
  return 0.5 * std::erfc((C - 0.5 - t * q) / (deviation * std::sqrt(2.0)));
}

// The share of the choices that is dropped at each place of a queue of `tokens` with C slots. For long runs every place
// of a short stretch has the value of its first.
std::vector<double> curveOf(const Queued& q, int tokens, int C, const std::vector<double>& shares) {
  const int64_t places = int64_t{tokens} * q.K;
  const bool even = std::adjacent_find(shares.begin(), shares.end(), std::not_equal_to<>()) == shares.end();
  if (places * (even ? 1 : q.E) <= kMostExactWork) return core::nullDropCurve(shares, places, C);
  constexpr int64_t kStretch = 16;
  std::vector<double> curve(static_cast<size_t>(places));
  for (int64_t first = 0; first < places; first += kStretch) {
    double sum = 0;
    for (const double share : shares) sum += share * normalTail(static_cast<double>(first), share, C);
    std::fill(curve.begin() + first, curve.begin() + std::min(places, first + kStretch), sum);
  }
  return curve;
}

// By the place of a token in its group. The curve knows one choice a place: choice k of token t is the (k T + t)-th to
// ask where first choices are served first, the (t K + k)-th where tokens are; where the order does not look at the
// position every token expects the mean.
std::vector<double> byToken(const Queued& q, int tokens, int C, const std::vector<double>& shares) {
  const std::vector<double> curve = curveOf(q, tokens, C, shares);
  std::vector<double> of(static_cast<size_t>(tokens));
  const bool tokenMajor = q.serving.order == core::ServingOrder::TokenMajor;
  if (!tokenMajor && q.serving.order != core::ServingOrder::RankMajor) {
    std::fill(of.begin(), of.end(),
              std::accumulate(curve.begin(), curve.end(), 0.0) / static_cast<double>(curve.size()));
    return of;
  }
  const auto K = static_cast<size_t>(q.K);
  for (size_t t = 0; t < of.size(); ++t) {
    for (size_t k = 0; k < K; ++k) of[t] += curve[tokenMajor ? t * K + k : k * of.size() + t] / q.K;
  }
  return of;
}

void addCurve(const Queued& q, const std::vector<double>& shares, std::vector<DropsBin>& bins, double DropsBin::*into) {
  const std::vector<core::TokenRange> groups = q.groups();
  const std::vector<double> full = byToken(q, q.size, q.C, shares);
  const bool sameLast = groups.back().count == q.size;
  const std::vector<double> last = sameLast ? full : byToken(q, groups.back().count, q.lastC, shares);
  for (DropsBin& bin : bins) {
    double sum = 0;
    for (int t = bin.first; t <= bin.last; ++t) {
      sum += (t >= groups.back().first ? last : full)[static_cast<size_t>(t % q.size)];
    }
    bin.*into = sum / (bin.last - bin.first + 1);
  }
}

// Tokens change places inside their group.
void addShuffles(const Queued& q, int layer, std::vector<DropsBin>& bins) {
  std::vector<std::vector<double>> all(bins.size());
  std::vector<int32_t> order(static_cast<size_t>(q.T));
  const int shuffles = static_cast<int64_t>(q.ids.size()) <= kLongRun ? kShuffles : kShufflesOfLong;
  for (int n = 0; n < shuffles; ++n) {
    std::iota(order.begin(), order.end(), 0);
    for (const core::TokenRange& group : q.groups()) {
      for (size_t i = static_cast<size_t>(group.count); i > 1; --i) {
        const size_t first = static_cast<size_t>(group.first);
        const uint64_t key = (static_cast<uint64_t>(layer) << 48) ^ (static_cast<uint64_t>(n) << 32) ^ (first + i);
        std::swap(order[first + i - 1], order[first + random(key) % i]);
      }
    }
    const std::vector<uint8_t> kept = keptOf(q, order);
    for (size_t b = 0; b < bins.size(); ++b) all[b].push_back(shareOf(kept, bins[b], q.K));
  }
  for (size_t b = 0; b < bins.size(); ++b) {
    std::sort(all[b].begin(), all[b].end());
    bins[b].shuffled = std::accumulate(all[b].begin(), all[b].end(), 0.0) / shuffles;
    bins[b].low = all[b][static_cast<size_t>(shuffles * 5 / 100)];
    bins[b].high = all[b][static_cast<size_t>(shuffles - 1 - shuffles * 5 / 100)];
  }
}

std::vector<DropsBin> makeBins(int T, int K) {
  const int least = (kLeastChoicesInBin + K - 1) / K, size = std::max(least, (T + kMostBins - 1) / kMostBins);
  std::vector<DropsBin> bins;
  for (int first = 0; first < T; first += size) {
    DropsBin bin;
    bin.first = first;
    bin.last = std::min(T, first + size) - 1;
    if (!bins.empty() && bin.last - bin.first + 1 < least) {
      bins.back().last = bin.last;  // too few for a bin of their own
    } else {
      bins.push_back(bin);
    }
  }
  return bins;
}

std::optional<Queued> queuedAt(const ViewSource& source, int layer) {
  const core::LayerDispatch& d = *source.dispatch[static_cast<size_t>(layer)];
  Queued q;
  q.T = d.queued;
  q.size = d.group;
  q.K = source.chosen();
  q.E = source.experts();
  q.C = d.capacity;
  q.lastC = d.lastCapacity;
  if (source.trace.info().replay) q.serving = source.trace.info().replay->serving;
  q.ids = source.trace.gatherInts(Hook::RouterIds, layer, 0, q.T);
  if (!d.exists || q.T <= 0 || q.K <= 0 || q.ids.size() != static_cast<size_t>(q.T) * static_cast<size_t>(q.K))
    return {};
  for (const int32_t id : q.ids) {
    if (id < 0 || id >= q.E) return {};
  }
  q.probs = core::servingProbabilities(source.trace, layer, q.ids, q.K, q.serving.order);
  return q;
}

std::vector<DropsBin> binsOf(const ViewSource& source, const Queued& g, int layer) {
  std::vector<DropsBin> bins = makeBins(g.T, g.K);
  std::vector<uint8_t> kept(g.ids.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    kept[i] = source.keptAt(layer, static_cast<int>(i) / g.K, static_cast<int>(i) % g.K) != 0;
  }
  for (DropsBin& bin : bins) bin.share = shareOf(kept, bin, g.K);
  std::vector<double> shares(static_cast<size_t>(g.E), 0.0);
  for (const int32_t id : g.ids) shares[static_cast<size_t>(id)] += 1.0 / static_cast<double>(g.ids.size());
  addCurve(g, shares, bins, &DropsBin::ownShares);
  addCurve(g, std::vector<double>(static_cast<size_t>(g.E), 1.0 / g.E), bins, &DropsBin::uniform);
  addShuffles(g, layer, bins);
  return bins;
}

}  // namespace

DropsView makeDropsView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  DropsView view;
  view.panel.title = routerTitle(source, Say::ByPositionTitle, say);
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterIds, {0, cursor.layer, 0, {}}, say);
  std::optional<Queued> queued;
  if (!view.panel.notice) {
    queued = queuedAt(source, cursor.layer);
    if (!queued) {
      const bool acts = source.dispatch[static_cast<size_t>(cursor.layer)]->exists;
      view.panel.notice = acts ? Notice{say(Say::DropsOfRagged), say(Say::DropsOfRaggedWhy), {}}
                               : Notice{say(Say::NothingDropped),
                                        say(Say::NothingDroppedWhy),
                                        {{say(Say::SimulateCapacity), Action::SimulateCapacity}}};
    }
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  const Queued& g = *queued;
  const bool simulated = source.dispatch[static_cast<size_t>(cursor.layer)]->simulated;
  view.panel.subtitle =
      say(Say::ByPositionShort, layerLabel(cursor.layer), say(simulated ? Say::Simulated : Say::Exact),
          normText(source.trace.info().capacity.factor));
  const auto known = source.memo ? source.memo->drops.find(cursor.layer) : decltype(source.memo->drops.end()){};
  if (source.memo && known != source.memo->drops.end()) {
    view.bins = known->second;
  } else {
    view.bins = binsOf(source, g, cursor.layer);
    if (source.memo) source.memo->drops[cursor.layer] = view.bins;
  }
  Description& out = view.description;
  out.columns = {say(Say::ColumnToken), say(Say::ColumnDropped), say(Say::OwnShares), say(Say::Shuffled),
                 say(Say::UniformRouter)};
  for (const DropsBin& bin : view.bins) {
    for (const double value : {bin.share, bin.high, bin.uniform, bin.ownShares}) {
      if (value > view.highest) view.highest = value;
    }
    out.rows.push_back({fmt::format("{}\u2013{}", bin.first, bin.last), shareText(bin.share), shareText(bin.ownShares),
                        shareText(bin.shuffled), shareText(bin.uniform)});
  }
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::ByPositionSays, shareText(view.bins.front().share), shareText(view.bins.back().share),
                     shareText(view.bins.front().uniform), shareText(view.bins.back().uniform));
  return view;
}

}  // namespace ui
