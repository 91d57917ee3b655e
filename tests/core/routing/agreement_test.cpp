// Two routings beside each other, against loops over all pairs of tokens.
#include "core/routing/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <vector>

namespace {

using Ids = std::vector<int32_t>;

// T tokens choose K different experts of E; those of a low number more often, by `slope`.
Ids drawnChoices(int T, int K, int E, double slope, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<double> weight(static_cast<size_t>(E));
  for (int e = 0; e < E; ++e) weight[static_cast<size_t>(e)] = std::exp(-slope * e);
  Ids ids;
  for (int t = 0; t < T; ++t) {
    std::vector<double> left = weight;
    for (int k = 0; k < K; ++k) {
      const int e = std::discrete_distribution<int>(left.begin(), left.end())(random);
      left[static_cast<size_t>(e)] = 0;
      ids.push_back(e);
    }
  }
  return ids;
}

Ids token(const Ids& ids, int t, int K) { return {ids.begin() + t * K, ids.begin() + (t + 1) * K}; }

// One pair of tokens, as the definition has it.
core::Saturation ofPair(const Ids& a, const Ids& b) {
  const std::set<int32_t> here(a.begin(), a.end()), there(b.begin(), b.end());
  int common = 0;
  for (const int32_t id : here) common += there.contains(id);
  return {static_cast<double>(common) / static_cast<double>(a.size()), a[0] == b[0] ? 1.0 : 0.0,
          here == there ? 1.0 : 0.0};
}

void add(core::Saturation& sum, const core::Saturation& one, double weight) {
  sum.topK += one.topK * weight;
  sum.top1 += one.top1 * weight;
  sum.sameSet += one.sameSet * weight;
}

void expectNear(const core::Saturation& found, const core::Saturation& expected) {
  EXPECT_NEAR(found.topK, expected.topK, 1e-12);
  EXPECT_NEAR(found.top1, expected.top1, 1e-12);
  EXPECT_NEAR(found.sameSet, expected.sameSet, 1e-12);
}

TEST(Agreement, IsWhatALoopOverTokensAndOneOverAllPairsGive) {
  struct Shape {
    int T, K, E;
  };
  for (const Shape& s : {Shape{1, 1, 1}, Shape{7, 1, 5}, Shape{40, 2, 16}, Shape{33, 8, 64}, Shape{12, 5, 5}}) {
    const Ids a = drawnChoices(s.T, s.K, s.E, 0.2, 1), b = drawnChoices(s.T, s.K, s.E, 0.1, 2);
    core::Saturation found, shuffled;
    for (int t = 0; t < s.T; ++t) {
      add(found, ofPair(token(a, t, s.K), token(b, t, s.K)), 1.0 / s.T);
      for (int u = 0; u < s.T; ++u) add(shuffled, ofPair(token(a, t, s.K), token(b, u, s.K)), 1.0 / (s.T * s.T));
    }
    const core::Agreement agreement = core::agreementOf(a, b, s.E, s.K);
    EXPECT_EQ(agreement.tokens, s.T);
    expectNear(agreement.found, found);
    expectNear(agreement.shuffled, shuffled);
  }
}

TEST(Agreement, ByChanceIsWhatAllPairsOfSetsGive) {
  // All ordered choices of 2 of 5 experts, each with each.
  Ids all;
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) {
      if (i != j) all.insert(all.end(), {i, j});
    }
  }
  const core::Agreement agreement = core::agreementOf(all, all, 5, 2);
  expectNear(agreement.even, agreement.shuffled);
  EXPECT_DOUBLE_EQ(agreement.even.topK, 2.0 / 5);
  EXPECT_DOUBLE_EQ(agreement.even.top1, 1.0 / 5);
  EXPECT_DOUBLE_EQ(agreement.even.sameSet, 1.0 / 10);
  EXPECT_DOUBLE_EQ(agreement.found.topK, 1);
}

TEST(Agreement, RoutersThatUseTheSameFewExpertsAgreeByTheirLoadsAlone) {
  const Ids few = {0, 1, 1, 0, 0, 1};
  const core::Agreement agreement = core::agreementOf(few, few, 16, 2);
  EXPECT_DOUBLE_EQ(agreement.shuffled.topK, 1);
  EXPECT_DOUBLE_EQ(agreement.shuffled.sameSet, 1);
  EXPECT_DOUBLE_EQ(agreement.even.topK, 2.0 / 16);
  const core::Agreement none = core::agreementOf({}, {}, 16, 2);
  EXPECT_TRUE(std::isnan(none.found.topK));
  EXPECT_TRUE(std::isnan(none.shuffled.topK));
}

double naiveDivergence(const Ids& a, const Ids& b, int E) {
  const auto share = [&](const Ids& ids, int e) {
    return static_cast<double>(std::count(ids.begin(), ids.end(), e)) /
           static_cast<double>(std::count_if(ids.begin(), ids.end(), [](int32_t id) { return id >= 0; }));
  };
  double sum = 0;
  for (int e = 0; e < E; ++e) {
    const double p = share(a, e), q = share(b, e);
    if (p > 0) sum += p / 2 * std::log(2 * p / (p + q));
    if (q > 0) sum += q / 2 * std::log(2 * q / (p + q));
  }
  return sum;
}

TEST(LoadDivergence, IsTheSumOverExpertsAndItsChanceThatOfTokensDealtAnew) {
  constexpr int kE = 16, kK = 2, kTa = 60, kTb = 41;
  Ids a = drawnChoices(kTa, kK, kE, 0.3, 3), b = drawnChoices(kTb, kK, kE, 0.05, 4);
  b[5] = -1;
  const core::LoadDivergence found = core::loadDivergence(a, b, kE, kK);
  EXPECT_NEAR(found.value, naiveDivergence(a, b, kE), 1e-12);
  EXPECT_GT(found.value, 2 * found.shuffled) << "the two do use the experts differently";
  // Many more deals, of another generator.
  std::vector<Ids> tokens;
  for (int t = 0; t < kTa; ++t) tokens.push_back(token(a, t, kK));
  for (int t = 0; t < kTb; ++t) tokens.push_back(token(b, t, kK));
  std::mt19937 random(9);
  double mean = 0;
  constexpr int kDeals = 400;
  for (int n = 0; n < kDeals; ++n) {
    std::shuffle(tokens.begin(), tokens.end(), random);
    Ids first, second;
    for (int t = 0; t < kTa + kTb; ++t) {
      Ids& side = t < kTa ? first : second;
      side.insert(side.end(), tokens[static_cast<size_t>(t)].begin(), tokens[static_cast<size_t>(t)].end());
    }
    mean += naiveDivergence(first, second, kE) / kDeals;
  }
  EXPECT_NEAR(found.shuffled, mean, 0.2 * mean);
  const core::LoadDivergence again = core::loadDivergence(a, b, kE, kK);
  EXPECT_EQ(again.shuffled, found.shuffled) << "a fixed seed";
}

TEST(LoadDivergence, LiesBetweenNothingAndLn2) {
  const Ids low = {0, 1, 0, 1}, high = {2, 3, 3, 2};
  EXPECT_NEAR(core::loadDivergence(low, high, 4, 2).value, std::log(2.0), 1e-12);
  EXPECT_DOUBLE_EQ(core::loadDivergence(low, low, 4, 2).value, 0);
  EXPECT_TRUE(std::isnan(core::loadDivergence(low, {}, 4, 2).value));
  EXPECT_TRUE(std::isnan(core::loadDivergence(low, {}, 4, 2).shuffled));
}

}  // namespace
