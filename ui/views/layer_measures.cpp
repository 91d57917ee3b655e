#include "ui/views/layer_measures.h"

#include <algorithm>
#include <utility>

#include "core/routing/coactivation.h"
#include "ui/views/drops_view.h"

namespace ui {
namespace {

using core::Hook;

constexpr int64_t kQuickWork = int64_t{1} << 16;  // scores and choices: some milliseconds
constexpr size_t kMostRemembered = 64;            // layers

void addPairs(const core::Trace& trace, int layer, LayerMeasures& out) {
  const int T = trace.tokens(Hook::RouterIds, layer), K = trace.columns(Hook::RouterIds, layer);
  const std::vector<int32_t> ids = trace.gatherInts(Hook::RouterIds, layer, 0, T);
  out.byChance = core::coactivationByChance(ids, out.experts, K);
  if (!(out.byChance > 0)) return;
  const core::Coactivation pairs = core::coactivation(ids, out.experts, K, core::PairScope::All);
  out.both.assign(pairs.pairs.begin(), pairs.pairs.end());
  out.tokens.assign(pairs.count.begin(), pairs.count.end());
  int64_t choices = 0;
  for (const int64_t n : pairs.count) choices += n;
  const double least = 0.5 * static_cast<double>(choices) / out.experts;
  for (int i = 0; i < out.experts; ++i) {
    const int64_t of = pairs.count[static_cast<size_t>(i)];
    if (static_cast<double>(of) < least) continue;
    for (int j = 0; j < out.experts; ++j) {
      const int64_t both =
          pairs.pairs[static_cast<size_t>(i) * static_cast<size_t>(out.experts) + static_cast<size_t>(j)];
      if (i != j && both > 0) out.strongest.push_back({i, j, both, of});
    }
  }
  const auto before = [](const ExpertPair& a, const ExpertPair& b) {
    const int64_t left = a.both * b.of, right = b.both * a.of;
    return left != right ? left > right : std::pair(a.from, a.to) < std::pair(b.from, b.to);
  };
  const size_t kept = std::min(kStrongestPairs, out.strongest.size());
  std::partial_sort(out.strongest.begin(), out.strongest.begin() + static_cast<ptrdiff_t>(kept), out.strongest.end(),
                    before);
  out.strongest.resize(kept);
  out.strongest.shrink_to_fit();
}

}  // namespace

LayerMeasures measureLayer(const core::Trace& trace, int layer, const core::LayerDispatch& decided) {
  LayerMeasures out;
  out.experts = trace.config().router.experts;
  out.list = core::measureRouting(trace, layer, decided);
  if (!out.list.empty()) addPairs(trace, layer, out);
  return out;
}

bool measuresAreQuick(const core::Trace& trace, int layer) {
  const int64_t tokens = trace.tokens(Hook::RouterIds, layer), experts = trace.config().router.experts;
  return tokens * (experts + 8 * int64_t{trace.columns(Hook::RouterIds, layer)}) <= kQuickWork;
}

std::shared_ptr<const LayerMeasures> measuresOf(const ViewSource& source, int layer) {
  if (source.memo) {
    const auto at = source.memo->measures.find(layer);
    if (at != source.memo->measures.end()) return at->second;
  }
  if (source.measureLater && source.memo && !measuresAreQuick(source.trace, layer)) {
    source.measureLater(source, layer);
    return nullptr;
  }
  auto made = std::make_shared<const LayerMeasures>(
      measureLayer(source.trace, layer, *source.dispatch[static_cast<size_t>(layer)]));
  if (source.memo) putMeasures(*source.memo, layer, made);
  return made;
}

void putMeasures(ViewMemo& memo, int layer, std::shared_ptr<const LayerMeasures> measures) {
  if (memo.measures.size() >= kMostRemembered) memo.measures.clear();
  memo.measures[layer] = std::move(measures);
}

}  // namespace ui
