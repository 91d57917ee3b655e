#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "core/routing/balanced_assignment.h"
#include "core/routing/sinkhorn.h"

namespace {

// The best balanced assignment by trying all.
double bruteForce(const std::vector<double>& logits, size_t E) {
  const size_t T = logits.size() / E;
  std::vector<size_t> experts;
  for (size_t t = 0; t < T; ++t) experts.push_back(t * E / T);
  double best = -std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (size_t t = 0; t < T; ++t) sum += logits[t * E + experts[t]];
    best = std::max(best, sum);
  } while (std::next_permutation(experts.begin(), experts.end()));
  return best;
}

TEST(BalancedAssignment, ReachesTheBestSumOfAllAssignments) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    const size_t E = 2 + static_cast<size_t>(round % 3), T = E * (round % 2 ? 2 : 1) * (E == 2 ? 2 : 1);
    std::vector<double> logits(T * E);
    for (double& logit : logits) logit = static_cast<double>(random() % 9) / (round % 5 == 0 ? 3.0 : 4.0);
    const auto found = core::balancedAssignment<double>(logits, static_cast<int>(E)).value();
    EXPECT_NEAR(found.objective, bruteForce(logits, E), 1e-12) << round;
    for (size_t e = 0; e < E; ++e) {
      EXPECT_EQ(std::count(found.expert.begin(), found.expert.end(), static_cast<int32_t>(e)),
                static_cast<ptrdiff_t>(T / E))
          << round;
    }
  }
}

TEST(BalancedAssignment, ANewcomerPushesTheTokenThatLosesLeast) {
  const auto found = core::balancedAssignment<double>(std::vector<double>{5, 4, 3, 0}, 2).value();
  EXPECT_EQ(found.expert, (std::vector<int32_t>{1, 0}));
  EXPECT_EQ(found.objective, 7);
  EXPECT_EQ(found.runnerUpGap, 2);
}

TEST(BalancedAssignment, TokensThatCannotBeSharedOutAreRefused) {
  EXPECT_EQ(core::balancedAssignment<float>(std::vector<float>{1, 2, 3, 4, 5, 6}, 2).error().message,
            "balanced assignment: expected the number of tokens to be a multiple of 2 experts, found 3");
}

TEST(Sinkhorn, PlansGiveEveryExpertItsShareOrSayWhyNot) {
  const auto solved =
      core::sinkhorn<double>(std::vector<double>{4, 0, 3, 0, 1, 0}, 2, {.tolerance = 1e-12, .eps = 0}).value();
  EXPECT_NEAR(solved.plan[0] + solved.plan[2] + solved.plan[4], 0.5, 1e-6);
  EXPECT_NE(
      core::sinkhorn<float>(std::vector<float>{100, 0}, 2).error().message.find("exponential is finite, found 100"),
      std::string::npos);
  EXPECT_NE(core::sinkhorn<float>(std::vector<float>{1, 0, 0, 9}, 2, {.tolerance = 1e-6, .maxIterations = 1})
                .error()
                .message.find("within 1 rounds"),
            std::string::npos);
}

}  // namespace
