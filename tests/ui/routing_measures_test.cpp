// The measures of a layer against loops over its tokens.
#include "core/trace/routing_measures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/ui/demo_trace.h"

namespace {

using core::Hook;
using core::MeasureKind;

constexpr int kLayer = 3, kE = 16, kK = 2;

class RoutingMeasures : public testing::Test {
 protected:
  const core::Trace m_trace = test::demoTrace();
  const core::LayerDispatch m_dispatch = core::dispatchOf(m_trace, kLayer);
  const std::vector<core::RoutingMeasure> m_all = core::measureRouting(m_trace, kLayer, m_dispatch);
  const int m_tokens = m_trace.tokens(Hook::RouterIds, kLayer);

  int id(int token, int rank) const { return m_trace.ints(Hook::RouterIds, kLayer, token)[static_cast<size_t>(rank)]; }
  bool kept(int token, int rank) const { return m_dispatch.kept[static_cast<size_t>(token * kK + rank)] != 0; }
  std::vector<double> probabilities(int token) const {
    std::vector<double> p;
    double sum = 0;
    for (const float logit : m_trace.floats(Hook::RouterLogits, kLayer, token)) {
      p.push_back(std::exp(static_cast<double>(logit)));
      sum += p.back();
    }
    for (double& one : p) one /= sum;
    return p;
  }
  std::vector<double> loads() const {
    std::vector<double> load(kE);
    for (int t = 0; t < m_tokens; ++t) {
      for (int k = 0; k < kK; ++k) ++load[static_cast<size_t>(id(t, k))];
    }
    return load;
  }
  double valueOf(MeasureKind kind) const {
    for (const core::RoutingMeasure& one : m_all) {
      if (one.kind == kind) return one.value;
    }
    ADD_FAILURE() << "no measure " << static_cast<int>(kind);
    return NAN;
  }
};

TEST_F(RoutingMeasures, OfTheLoadsAreThoseOfCountedChoices) {
  const std::vector<double> load = loads();
  const double mean = static_cast<double>(m_tokens * kK) / kE;
  double square = 0, entropy = 0;
  for (const double one : load) {
    square += (one - mean) * (one - mean) / kE;
    const double share = one / (m_tokens * kK);
    if (share > 0) entropy -= share * std::log(share);
  }
  const double most = *std::max_element(load.begin(), load.end());
  EXPECT_NEAR(valueOf(MeasureKind::OverIdeal), most / mean, 1e-12);
  EXPECT_NEAR(valueOf(MeasureKind::MaxViolation), most / mean - 1, 1e-12);
  EXPECT_NEAR(valueOf(MeasureKind::Variation), std::sqrt(square) / mean, 1e-12);
  EXPECT_NEAR(valueOf(MeasureKind::LoadEntropy), entropy / std::log(kE), 1e-12);
  EXPECT_EQ(valueOf(MeasureKind::Unused), std::count(load.begin(), load.end(), 0.0));
}

TEST_F(RoutingMeasures, OfTheDropsAreThoseOfTheDispatch) {
  ASSERT_EQ(m_dispatch.queued, m_tokens);
  int dropped = 0, left = 0;
  for (int t = 0; t < m_tokens; ++t) {
    dropped += !kept(t, 0) + !kept(t, 1);
    left += !kept(t, 0) && !kept(t, 1);
  }
  ASSERT_GT(dropped, 0);
  EXPECT_NEAR(valueOf(MeasureKind::Dropped), static_cast<double>(dropped) / (m_tokens * kK), 1e-12);
  EXPECT_NEAR(valueOf(MeasureKind::LeftBehind), static_cast<double>(left) / m_tokens, 1e-12);
  for (int quarter = 0; quarter < 4; ++quarter) {
    int all = 0, lost = 0;
    for (int t = quarter * m_tokens / 4; t < (quarter + 1) * m_tokens / 4; ++t) {
      all += kK;
      lost += !kept(t, 0) + !kept(t, 1);
    }
    const auto kind = static_cast<MeasureKind>(static_cast<int>(MeasureKind::DroppedQuarter1) + quarter);
    EXPECT_NEAR(valueOf(kind), static_cast<double>(lost) / all, 1e-12) << quarter;
  }
}

TEST_F(RoutingMeasures, OfPairsAndOrderAreThoseOfCountedTokens) {
  int repeated = 0;
  for (int t = 1; t < m_tokens; ++t) repeated += id(t, 0) == id(t - 1, 0);
  EXPECT_NEAR(valueOf(MeasureKind::Repetition), static_cast<double>(repeated) / (m_tokens - 1), 1e-12);
  const std::vector<double> load = loads();
  double highest = 0;
  for (int i = 0; i < kE; ++i) {
    if (load[static_cast<size_t>(i)] < 0.5 * m_tokens * kK / kE) continue;
    for (int j = 0; j < kE; ++j) {
      int both = 0;
      for (int t = 0; t < m_tokens; ++t) {
        both += i != j && ((id(t, 0) == i && id(t, 1) == j) || (id(t, 0) == j && id(t, 1) == i));
      }
      highest = std::max(highest, both / load[static_cast<size_t>(i)]);
    }
  }
  EXPECT_NEAR(valueOf(MeasureKind::Coactivation), highest, 1e-12);
}

TEST_F(RoutingMeasures, OfScoresAndLogitsAreTheirFormulas) {
  std::vector<double> mean(kE), first(kE);
  double entropy = 0, zLoss = 0;
  for (int t = 0; t < m_tokens; ++t) {
    const std::vector<double> p = probabilities(t);
    double sum = 0;
    for (const float logit : m_trace.floats(Hook::RouterLogits, kLayer, t)) sum += std::exp(static_cast<double>(logit));
    zLoss += std::log(sum) * std::log(sum) / m_tokens;
    for (size_t e = 0; e < kE; ++e) {
      mean[e] += p[e] / m_tokens;
      entropy -= p[e] * std::log(p[e]) / m_tokens;
    }
    first[static_cast<size_t>(id(t, 0))] += 1.0 / m_tokens;
  }
  const std::vector<double> load = loads();
  double marginal = 0, switchLoss = 0, perToken = 0;
  for (size_t e = 0; e < kE; ++e) {
    marginal -= mean[e] * std::log(mean[e]);
    switchLoss += kE * first[e] * mean[e];
    perToken += kE * load[e] / m_tokens * mean[e];
  }
  EXPECT_NEAR(valueOf(MeasureKind::ZLoss), zLoss, 1e-9);
  EXPECT_NEAR(valueOf(MeasureKind::RouterEntropy), entropy, 1e-9);
  EXPECT_NEAR(valueOf(MeasureKind::MarginalEntropy), marginal, 1e-9);
  EXPECT_NEAR(valueOf(MeasureKind::TokenInformation), marginal - entropy, 1e-9);
  EXPECT_NEAR(valueOf(MeasureKind::BalanceSwitch), switchLoss, 1e-5) << "recorded scores are floats";
  EXPECT_NEAR(valueOf(MeasureKind::BalancePerToken), perToken, 1e-5);
  EXPECT_NEAR(valueOf(MeasureKind::BalancePerChoice), perToken / kK, 1e-5);
}

}  // namespace
