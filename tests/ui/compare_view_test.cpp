// What two runs have in common in each layer, beside chance.
#include "ui/views/compare_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/ui/demo_trace.h"
#include "ui/numbers.h"

namespace ui {
namespace {

const Phrases kSay;
const Cursor kAt{22, 3, 8, Stage::Choice};

ViewSource seeded(uint32_t seed) {
  test::DemoOptions demo;
  demo.seed = seed;
  return test::demoSource(demo);
}

TEST(CompareAgreement, IsTheShareOfChoicesThatTheTokensOfBothHaveInCommon) {
  const ViewSource a = seeded(7), b = seeded(8);
  const CompareView view = makeCompareView(a, "A", b, "B", kAt, kSay);
  ASSERT_EQ(view.agreement.size(), static_cast<size_t>(a.layers()));
  for (int layer = 0; layer < a.layers(); ++layer) {
    int tokens = 0, common = 0, first = 0;
    for (const AlignedPair& pair : view.pairs) {
      if (pair.a < 0 || pair.b < 0) continue;
      if (a.trace.ids()[static_cast<size_t>(pair.a)] != b.trace.ids()[static_cast<size_t>(pair.b)]) continue;
      const std::vector<int> here = a.chosenAt(layer, pair.a), there = b.chosenAt(layer, pair.b);
      if (here.empty() || there.empty()) continue;
      ++tokens;
      first += here[0] == there[0];
      for (const int expert : here) common += std::count(there.begin(), there.end(), expert) > 0;
    }
    const core::Agreement& one = view.agreement[static_cast<size_t>(layer)];
    ASSERT_GT(tokens, 0);
    EXPECT_EQ(one.tokens, tokens);
    EXPECT_DOUBLE_EQ(one.found.topK, static_cast<double>(common) / (tokens * a.chosen()));
    EXPECT_DOUBLE_EQ(one.found.top1, static_cast<double>(first) / tokens);
    EXPECT_DOUBLE_EQ(one.even.topK, 2.0 / 16);
  }
}

TEST(CompareAgreement, StandsInTheTableWithItsChanceAndTheDistanceOfTheLoads) {
  const ViewSource a = seeded(7), b = seeded(8);
  const CompareView view = makeCompareView(a, "A", b, "B", kAt, kSay);
  ASSERT_EQ(view.description.columns.size(), 2U + 9 + 2);
  ASSERT_EQ(view.description.rows.size(), static_cast<size_t>(a.layers()));
  for (int layer = 0; layer < a.layers(); ++layer) {
    const std::vector<std::string>& row = view.description.rows[static_cast<size_t>(layer)];
    ASSERT_EQ(row.size(), view.description.columns.size());
    const auto share = [&](const ViewSource& source, int expert) {
      double here = 0, all = 0;
      for (int token = 0; token < source.trace.length(); ++token) {
        for (const int chosen : source.chosenAt(layer, token)) {
          here += chosen == expert;
          ++all;
        }
      }
      return here / all;
    };
    double divergence = 0;
    for (int e = 0; e < a.experts(); ++e) {
      const double p = share(a, e), q = share(b, e);
      if (p > 0) divergence += p / 2 * std::log(2 * p / (p + q));
      if (q > 0) divergence += q / 2 * std::log(2 * q / (p + q));
    }
    EXPECT_EQ(row[11], scoreText(divergence)) << "layer " << layer;
    EXPECT_GT(view.loads[static_cast<size_t>(layer)].shuffled, 0);
  }
  EXPECT_NE(view.description.sentence.find(view.agreementSentence), std::string::npos);
  EXPECT_NE(view.agreementSentence.find("dealt anew"), std::string::npos);
}

TEST(CompareAgreement, SaysNothingWhereOneRunHasNoChoicesYet) {
  const ViewSource a = seeded(7);
  test::DemoOptions demo;
  demo.recorded = 0;
  const CompareView none = makeCompareView(a, "A", test::demoSource(demo), "B", kAt, kSay);
  EXPECT_EQ(none.agreement[3].tokens, 0);
  EXPECT_TRUE(std::isnan(none.loads[3].value));
  EXPECT_TRUE(none.agreementSentence.empty()) << none.agreementSentence;
}

TEST(CompareMemo, IsOfTheChoicesWhateverCapacityLiesOverThem) {
  const ViewSource a = seeded(7), b = seeded(8);
  const CompareMemo memo = compareRuns(a.trace, b.trace);
  EXPECT_TRUE(isComparisonOf(memo, a.trace, b.trace));
  EXPECT_FALSE(isComparisonOf(memo, b.trace, a.trace));
  EXPECT_FALSE(isComparisonOf({}, a.trace, b.trace));
  auto info = std::make_shared<core::RunInfo>(a.trace.info());
  info->capacity.factor = 2;
  EXPECT_TRUE(isComparisonOf(memo, a.trace.withInfo(info), b.trace)) << "the same choices";
  EXPECT_FALSE(isComparisonOf(memo, seeded(7).trace, b.trace)) << "another run, though it chose alike";
  const CompareView view = makeCompareView(a, "A", b, "B", kAt, kSay);
  EXPECT_EQ(view.pairs, memo.pairs);
  EXPECT_EQ(view.shared, memo.shared);
  EXPECT_TRUE(comparesQuickly(a.trace, b.trace));
  EXPECT_EQ(makeComparingView(kSay).panel.notice->heading, "Comparing the two runs.");
}

}  // namespace
}  // namespace ui
