#include "ui/views/drops_view.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/routing/dispatch.h"
#include "core/routing/null_drop_curve.h"
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

struct Group {
  int T = 0, K = 0, E = 0, C = 0;
  std::vector<int32_t> ids;  // (T, K)
};

double shareOf(const std::vector<uint8_t>& kept, const DropsBin& bin, int K) {
  int dropped = 0;
  for (int t = bin.first; t <= bin.last; ++t) {
    for (int k = 0; k < K; ++k)
      dropped += kept[static_cast<size_t>(t) * static_cast<size_t>(K) + static_cast<size_t>(k)] == 0;
  }
  return static_cast<double>(dropped) / ((bin.last - bin.first + 1) * K);
}

std::vector<uint8_t> keptOf(const Group& g, const std::vector<int32_t>& ids) {
  core::DispatchOptions<float> options;
  options.capacity = g.C;
  return core::dispatch<float>(ids, {}, g.E, g.K, options).kept;
}

// P(at least C of t choices fall on an expert of share q), t large.
double normalTail(double t, double q, double C) {
  const double deviation = std::sqrt(t * q * (1 - q));
  if (deviation <= 0) return t * q >= C ? 1 : 0;
  return 0.5 * std::erfc((C - 0.5 - t * q) / (deviation * std::sqrt(2.0)));
}

// The share of the choices that is dropped at each place of the queue. For long runs every place of a short stretch has
// the value of its first.
std::vector<double> curveOf(const Group& g, const std::vector<double>& shares) {
  const int64_t places = int64_t{g.T} * g.K;
  const bool even = std::adjacent_find(shares.begin(), shares.end(), std::not_equal_to<>()) == shares.end();
  if (places * (even ? 1 : g.E) <= kMostExactWork) return core::nullDropCurve(shares, places, g.C);
  constexpr int64_t kStretch = 16;
  std::vector<double> curve(static_cast<size_t>(places));
  for (int64_t first = 0; first < places; first += kStretch) {
    double sum = 0;
    for (const double q : shares) sum += q * normalTail(static_cast<double>(first), q, g.C);
    std::fill(curve.begin() + first, curve.begin() + std::min(places, first + kStretch), sum);
  }
  return curve;
}

// Choice k of token t is the (k T + t)-th to ask, as first choices are served first; the curve knows one choice a
// place.
void addCurve(const Group& g, const std::vector<double>& shares, std::vector<DropsBin>& bins, double DropsBin::*into) {
  const std::vector<double> curve = curveOf(g, shares);
  for (DropsBin& bin : bins) {
    double sum = 0;
    for (int t = bin.first; t <= bin.last; ++t) {
      for (int k = 0; k < g.K; ++k)
        sum += curve[static_cast<size_t>(k) * static_cast<size_t>(g.T) + static_cast<size_t>(t)];
    }
    bin.*into = sum / ((bin.last - bin.first + 1) * g.K);
  }
}

void addShuffles(const Group& g, int layer, std::vector<DropsBin>& bins) {
  std::vector<std::vector<double>> all(bins.size());
  std::vector<int32_t> order(static_cast<size_t>(g.T)), ids(g.ids.size());
  const auto K = static_cast<size_t>(g.K);
  const int shuffles = static_cast<int64_t>(g.ids.size()) <= kLongRun ? kShuffles : kShufflesOfLong;
  for (int n = 0; n < shuffles; ++n) {
    std::iota(order.begin(), order.end(), 0);
    for (size_t i = order.size(); i > 1; --i) {
      const uint64_t key = (static_cast<uint64_t>(layer) << 48) ^ (static_cast<uint64_t>(n) << 32) ^ i;
      std::swap(order[i - 1], order[random(key) % i]);
    }
    for (size_t t = 0; t < order.size(); ++t) {
      std::copy_n(g.ids.begin() + order[t] * g.K, g.K, ids.begin() + static_cast<ptrdiff_t>(t * K));
    }
    const std::vector<uint8_t> kept = keptOf(g, ids);
    for (size_t b = 0; b < bins.size(); ++b) all[b].push_back(shareOf(kept, bins[b], g.K));
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

std::optional<Group> groupOf(const ViewSource& source, int layer) {
  const core::LayerDispatch& d = *source.dispatch[static_cast<size_t>(layer)];
  Group g;
  g.T = d.group;
  g.K = source.chosen();
  g.E = source.experts();
  g.C = d.capacity;
  g.ids = source.trace.gatherInts(Hook::RouterIds, layer, 0, g.T);
  if (!d.exists || g.T <= 0 || g.K <= 0 || g.ids.size() != static_cast<size_t>(g.T) * static_cast<size_t>(g.K))
    return {};
  for (const int32_t id : g.ids) {
    if (id < 0 || id >= g.E) return {};
  }
  return g;
}

std::vector<DropsBin> binsOf(const ViewSource& source, const Group& g, int layer) {
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
  std::optional<Group> group;
  if (!view.panel.notice) {
    group = groupOf(source, cursor.layer);
    if (!group) {
      view.panel.notice = Notice{say(Say::NothingDropped),
                                 say(Say::NothingDroppedWhy),
                                 {{say(Say::SimulateCapacity), Action::SimulateCapacity}}};
    }
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  const Group& g = *group;
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
