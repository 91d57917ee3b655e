// The nulls of the drop curve of long runs, which are taken as normal, beside the exact ones.
#include <gtest/gtest.h>

#include <cmath>

#include "core/routing/null_drop_curve.h"
#include "tests/ui/demo_trace.h"
#include "ui/views/drops_view.h"

namespace ui {
namespace {

// Shares of the run and the exact curve, averaged over a bin.
double exactShare(const ViewSource& source, int layer, const DropsBin& bin) {
  const int T = source.dispatch[static_cast<size_t>(layer)]->tokens, K = source.chosen();
  const std::vector<int32_t> ids = source.trace.gatherInts(core::Hook::RouterIds, layer, 0, T);
  std::vector<double> shares(static_cast<size_t>(source.experts()), 0.0);
  for (const int32_t id : ids) shares[static_cast<size_t>(id)] += 1.0 / static_cast<double>(ids.size());
  const std::vector<double> curve =
      core::nullDropCurve(shares, int64_t{T} * K, source.dispatch[static_cast<size_t>(layer)]->capacity);
  double sum = 0;
  for (int t = bin.first; t <= bin.last; ++t) {
    for (int k = 0; k < K; ++k) sum += curve[static_cast<size_t>(k * T + t)];
  }
  return sum / ((bin.last - bin.first + 1) * K);
}

TEST(DropNulls, OfALongRunLieOnTheExactCurve) {
  test::DemoOptions options;
  options.experts = 64;
  options.chosen = 4;
  options.layers = 1;
  options.tokens = 3000;
  options.prompt = 3000;
  options.capture = core::Capture::Routing;
  const ViewSource source = test::demoSource(options);
  const int64_t work = int64_t{source.dispatch[0]->tokens} * 4 * 64;
  ASSERT_GT(work, kMostExactWork) << "this run is to be a long one";
  const DropsView view = makeDropsView(source, {0, 0, 0, {}}, Phrases());
  ASSERT_FALSE(view.bins.empty());
  for (const DropsBin& bin : view.bins) {
    EXPECT_NEAR(bin.ownShares, exactShare(source, 0, bin), 0.005) << bin.first;
    EXPECT_LE(bin.low, bin.shuffled);
    EXPECT_GE(bin.high, bin.shuffled);
  }
}

}  // namespace
}  // namespace ui
