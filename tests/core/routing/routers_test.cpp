// What the golden files do not have: no tokens at all, hand examples of the headers, and how libraries are called by
// engines.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/routing/balance_loss.h"
#include "core/routing/bias_update.h"
#include "core/routing/coactivation.h"
#include "core/routing/drops.h"
#include "core/routing/expert_choice.h"
#include "core/routing/grouped.h"
#include "core/routing/hash_router.h"
#include "core/routing/importance_load.h"
#include "core/routing/jensen_shannon.h"
#include "core/routing/load.h"
#include "core/routing/logit_norm.h"
#include "core/routing/mutual_information.h"
#include "core/routing/null_drop_curve.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/soft_moe.h"
#include "core/routing/sparse_mixer.h"
#include "core/routing/top_p.h"
#include "core/routing/weights.h"

namespace {

using Doubles = std::vector<double>;
using Ids = std::vector<int32_t>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Weights, EveryFormGivesTheNumbersOfTheHeader) {
  const Doubles logits = {2, 1, 0};
  const Ids ids = {0, 1};
  const auto weights = [&](core::WeightForm form) {
    Doubles out(2);
    core::chosenWeights<double>(form, 1, logits, 3, ids, 2, out);
    for (double& weight : out) weight = std::round(weight * 1000) / 1000;
    return out;
  };
  EXPECT_EQ(weights(core::WeightForm::Raw), (Doubles{.665, .245}));
  EXPECT_EQ(weights(core::WeightForm::Renorm), (Doubles{.731, .269}));
  EXPECT_EQ(weights(core::WeightForm::SoftmaxTopK), (Doubles{.731, .269}));
  EXPECT_EQ(weights(core::WeightForm::Sigmoid), (Doubles{.881, .731}));
  EXPECT_EQ(weights(core::WeightForm::SigmoidRenorm), (Doubles{.546, .454}));
  EXPECT_EQ(weights(core::WeightForm::DoubleSoftmax), (Doubles{.604, .396}));
}

TEST(Weights, OneRenormalisedChoiceWeighsOneAndTeachesTheRouterNothing) {
  const Doubles logits = {0.3, 1.7, -2};
  Doubles weight(1), grad(3);
  core::chosenWeights<double>(core::WeightForm::Renorm, 1, logits, 3, Ids{1}, 1, weight);
  core::chosenWeightsBackward<double>(core::WeightForm::Renorm, 1, logits, 3, Ids{1}, 1, Doubles{5}, grad);
  EXPECT_EQ(weight, Doubles{1});
  EXPECT_EQ(grad, (Doubles{0, 0, 0}));
}

TEST(Scores, HugeAndMaskedLogitsStayFinite) {
  Doubles probs(3);
  core::softmaxRow<double>(Doubles{1e308, -1e308, 1e308}, probs);
  EXPECT_EQ(probs, (Doubles{.5, 0, .5}));
  core::softmaxRow<double>(Doubles{-kInfinity, -kInfinity, -kInfinity}, probs);
  EXPECT_EQ(probs, (Doubles{0, 0, 0}));
  EXPECT_EQ(core::logSumExp<double>(Doubles{-kInfinity, -kInfinity}), -kInfinity);
  EXPECT_EQ(core::sigmoid<float>(-1e30f), 0);
  EXPECT_EQ(core::sigmoid<float>(1e30f), 1);
  EXPECT_EQ(core::entropy<double>(Doubles{1, 0}), 0);
}

TEST(Groups, TheScoreOfAGroupIsItsBestOrItsTwoBest) {
  const Doubles scores = {.9, .1, .6, .5, .2, .2};
  Doubles selection(6);
  Ids group(1);
  core::groupedSelection<double>(scores, {}, 6, {.groups = 3, .groupsChosen = 1, .score = core::GroupScore::Max},
                                 selection, {}, group);
  EXPECT_EQ(group, Ids{0});
  EXPECT_EQ(selection, (Doubles{.9, .1, -kInfinity, -kInfinity, -kInfinity, -kInfinity}));
  core::groupedSelection<double>(
      scores, {}, 6, {.groups = 3, .groupsChosen = 1, .score = core::GroupScore::SumOfTopTwo}, selection, {}, group);
  EXPECT_EQ(group, Ids{1});
}

TEST(BiasUpdate, AnExpertAtTheMeanIsLeftAlone) {
  Doubles bias = {0, 0, 0};
  core::updateSelectionBias<double>(Ids{4, 2, 0}, 0.5, bias);
  EXPECT_EQ(bias, (Doubles{-0.5, 0, 0.5}));
}

TEST(ExpertChoice, TheCapacityIsRoundedAndClipped) {
  EXPECT_EQ(core::expertChoiceCapacity(5, 2, 1, core::Rounding::Floor), 2);
  EXPECT_EQ(core::expertChoiceCapacity(5, 2, 1, core::Rounding::Ceil), 3);
  EXPECT_EQ(core::expertChoiceCapacity(5, 2, 1, core::Rounding::HalfEven), 2);
  EXPECT_EQ(core::expertChoiceCapacity(7, 2, 1, core::Rounding::HalfEven), 4);
  EXPECT_EQ(core::expertChoiceCapacity(1, 8, 1, core::Rounding::Floor), 1);
  EXPECT_EQ(core::expertChoiceCapacity(3, 2, 9, core::Rounding::Floor), 3);
  EXPECT_EQ(core::expertChoiceCapacity(0, 2, 1, core::Rounding::Ceil), 0);
}

TEST(ExpertChoice, ATokenNobodyTakesIsUncovered) {
  const auto choice = core::expertChoice<double>(Doubles{.9, .1, .7, .3, .4, .6}, 2, 1);
  EXPECT_EQ(choice.tokens, (Ids{0, 2}));
  EXPECT_EQ(choice.uncovered, Ids{1});
}

TEST(TopP, TheCrossingExpertIsTakenAndAnEqualSumDoesNotCross) {
  const Doubles logits = {std::log(.5), std::log(.25), std::log(.25)};
  EXPECT_EQ(core::topP<double>(logits, 3, .4).ids, (Ids{0}));
  EXPECT_EQ(core::topP<double>(Doubles{1, 1}, 2, .5).ids, (Ids{0, 1}));
  EXPECT_EQ(core::topP<double>(logits, 3, 2).ids, (Ids{0, 1, 2}));
}

TEST(SparseMixer, EqualLogitsShareTheirWeightAmongWhatIsLeft) {
  Ids ids(2);
  Doubles weights(2);
  core::sparseMixer<double>(Doubles{1, 1, 1, 1}, 4, .01, ids, weights);
  EXPECT_EQ(ids, (Ids{0, 1}));
  EXPECT_DOUBLE_EQ(weights[0], .25);
  EXPECT_DOUBLE_EQ(weights[1], 1. / 3);
}

TEST(LogitNorm, EqualLogitsGiveZerosInsteadOfNothing) {
  Doubles out(3, 7), grad(3);
  core::normaliseLogits<double>(Doubles{2, 2, 2}, 3, 1, 1, out);
  core::normaliseLogitsBackward<double>(Doubles{2, 2, 2}, 3, 1, 1, Doubles{1, 2, 3}, grad);
  EXPECT_EQ(out, (Doubles{0, 0, 0}));
  EXPECT_EQ(grad, (Doubles{0, 0, 0}));
}

TEST(HashRouter, SplitMixHasItsKnownValuesAndModDoesNotWrap) {
  EXPECT_EQ(core::splitmix64(0), 16294208416658607535u);
  Ids ids(2);
  core::hashRoute(std::vector<uint64_t>{UINT64_MAX}, core::HashRule::Mod, 0, 6, 2, ids);
  EXPECT_EQ(ids, (Ids{3, 4}));  // 2^64 - 1 = 3 mod 6
}

TEST(BalanceLoss, CanLieBelowItsUniformValue) {
  const Doubles probs = {.51, .49, .51, .49, 0, 1};
  const auto loss = core::balanceLoss<double>(core::BalanceForm::FirstChoice, probs, 2, Ids{0, 0, 1}, 1);
  EXPECT_NEAR(loss.loss, 2 * (2. / 3 * .34 + 1. / 3 * .66), 1e-15);
  EXPECT_LT(loss.loss, core::uniformBalance(core::BalanceForm::FirstChoice, 1));
}

TEST(Load, ABusyExpertShowsInEveryNumber) {
  const auto load = core::expertLoad(Ids{0, 0, 0, 1, 1, 2}, 4);
  EXPECT_EQ(load, (Ids{3, 2, 1, 0}));
  const auto summary = core::summariseLoad<double>(load);
  EXPECT_EQ(summary.maxViolation, 1);
  EXPECT_EQ(summary.unused, 1);
  EXPECT_EQ(summary.share[0], .5);
}

TEST(Variation, EqualValuesAndSingleExpertsVaryByNothing) {
  EXPECT_EQ(core::squaredVariation<double>(Doubles{3, 3}, {}), 0);
  EXPECT_EQ(core::squaredVariation<double>(Doubles{3}, {true, 0}), 0);
  EXPECT_NEAR(core::squaredVariation<double>(Doubles{2, 1, 1}, {}), .125, 1e-15);
}

TEST(NullDropCurve, AddsUpToTheExpectedNumberOfDrops) {
  // E[drops] = sum_e E[max(Bin(T, q_e) - C, 0)], here by the exact binomial distribution with T = 6, q = 1/2, C = 2.
  const Doubles binomial = {1, 6, 15, 20, 15, 6, 1};
  double expected = 0;
  for (size_t n = 3; n <= 6; ++n) expected += 2 * binomial[n] / 64 * static_cast<double>(n - 2);
  double sum = 0;
  for (double chance : core::nullDropCurve(Doubles{.5, .5}, 6, 2)) sum += chance;
  EXPECT_NEAR(sum, expected, 1e-14);
  EXPECT_EQ(core::nullDropCurve(Doubles{1, 0}, 4, 2), (Doubles{0, 0, 1, 1}));
}

TEST(Drops, QuartersWithoutTokensHaveNoShares) {
  const auto drops = core::dropsByQuarter(std::vector<uint8_t>{1, 0}, 2);
  EXPECT_EQ(drops.quarters[0].choices, .5);
  EXPECT_EQ(drops.quarters[1].tokens, 0);
  EXPECT_TRUE(std::isnan(drops.quarters[1].any));
  EXPECT_EQ(drops.leftBehind, 0);
}

TEST(Comparisons, EqualRowsAreNoDistanceApartAndDisjointOnesAreOne) {
  const std::vector<int64_t> a = {3, 0, 1}, b = {6, 0, 2}, c = {0, 5, 0};
  EXPECT_EQ(core::jensenShannon(a, b), 0);
  EXPECT_EQ(core::jensenShannonDistance(core::jensenShannon(a, c)), 1);
  EXPECT_TRUE(std::isnan(core::jensenShannon(a, std::vector<int64_t>{0, 0, 0})));
  const auto together = core::coactivation(Ids{0, 1, 2}, 4, 3, core::PairScope::Adjacent);
  EXPECT_EQ(together.pairs[0 * 4 + 2], 0);
  EXPECT_EQ(together.pairs[0 * 4 + 1], 1);
  EXPECT_TRUE(std::isnan(together.rate[3 * 4 + 0]));
}

TEST(NoTokens, EveryFunctionAnEngineCallsAcceptsAnEmptyBatch) {
  Doubles none;
  Ids noIds;
  core::routerLogits<double>({}, Doubles{1, 2}, {}, 1, 2, none);
  core::softmaxRows<double>({}, 2, none);
  core::topK<double>({}, 2, 1, noIds);
  core::chosenWeights<double>(core::WeightForm::Raw, 1, {}, 2, {}, 1, none);
  core::groupedSelection<double>({}, {}, 2, {}, none);
  EXPECT_EQ(core::expertLoad({}, 2), (Ids{0, 0}));
  EXPECT_TRUE(core::expertChoice<double>({}, 2, 0).tokens.empty());
  EXPECT_EQ(core::topP<double>({}, 2, .5).begin, Ids{0});
  EXPECT_EQ(core::softMoeDispatch<double>({}, Doubles{1, 2}, 1, 1, 2).slots, (Doubles{0, 0}));
  EXPECT_TRUE(std::isnan(core::balanceLoss<double>(core::BalanceForm::PerToken, {}, 2, {}, 1).loss));
  EXPECT_TRUE(core::nullDropCurve(Doubles{1}, 0, 1).empty());
}

TEST(BalanceLoss, TheSameFormIsFoundUnderBothOfItsNames) {
  EXPECT_EQ(core::balanceFormFromName("gshard"), core::balanceFormFromName("switch"));
  EXPECT_EQ(core::balanceFormFromName("flaxformer"), core::balanceFormFromName("hf_topk"));
  EXPECT_NE(core::balanceFormFromName("switch"), core::balanceFormFromName("hf_topk"));
  EXPECT_FALSE(core::balanceFormFromName("none"));
}

}  // namespace
