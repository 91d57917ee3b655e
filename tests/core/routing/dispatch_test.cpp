#include "core/routing/dispatch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/routing/combine.h"
#include "core/routing/score.h"
#include "core/routing/select.h"

namespace {

// Serves the choices of `logits` and prints them one a line: `t2 1st -> e0 slot 2 DROPPED`.
std::string serve(const std::vector<double>& logits, int E, int K, core::DispatchOptions<double> options) {
  const size_t tokens = logits.size() / static_cast<size_t>(E);
  std::vector<int32_t> ids(tokens * static_cast<size_t>(K));
  std::vector<double> probs(logits.size()), chosen;
  core::topK<double>(logits, E, K, ids);
  core::softmaxRows<double>(logits, E, probs);
  for (size_t i = 0; i < ids.size(); ++i) {
    chosen.push_back(probs[i / static_cast<size_t>(K) * static_cast<size_t>(E) + static_cast<size_t>(ids[i])]);
  }
  const core::Dispatch out = core::dispatch<double>(ids, chosen, E, K, options);
  std::string text;
  for (core::Choice choice : out.order) {
    const size_t at = static_cast<size_t>(choice.token) * static_cast<size_t>(K) + static_cast<size_t>(choice.rank);
    text += fmt::format("t{}.{}>e{}@{}{} ", choice.token, choice.rank, ids[at], out.slot[at], out.kept[at] ? "" : "!");
  }
  return text;
}

const std::vector<double> kSecondWaits = {1, 2, 0, 2, 1, 0, 3, 0, 1, 2, 0, 1};  // (4, 3)

TEST(CapacityDrop, FirstChoicesAreServedBeforeSecondChoices) {
  EXPECT_EQ(serve(kSecondWaits, 3, 2, {.capacity = 2}),
            "t0.0>e1@0 t1.0>e0@0 t2.0>e0@1 t3.0>e0@2! t0.1>e0@3! t1.1>e1@1 t2.1>e2@0 t3.1>e2@1 ");
}

TEST(CapacityDrop, TokenMajorServesBothChoicesOfATokenTogether) {
  EXPECT_EQ(serve(kSecondWaits, 3, 2, {.order = core::ServingOrder::TokenMajor, .capacity = 2}),
            "t0.0>e1@0 t0.1>e0@0 t1.0>e0@1 t1.1>e1@1 t2.0>e0@2! t2.1>e2@0 t3.0>e0@3! t3.1>e2@1 ");
}

TEST(CapacityDrop, BatchPriorityServesTheMostConfidentTokenFirstAndKeepsOrderAmongEquals) {
  EXPECT_EQ(serve(kSecondWaits, 3, 2, {.order = core::ServingOrder::BatchPriority, .capacity = 2}),
            "t2.0>e0@0 t0.0>e1@0 t1.0>e0@1 t3.0>e0@2! t2.1>e2@0 t0.1>e0@3! t1.1>e1@1 t3.1>e2@1 ");
}

TEST(CapacityDrop, ByScoreServesTheHighestProbabilityFirst) {
  EXPECT_EQ(serve(kSecondWaits, 3, 2, {.order = core::ServingOrder::ByScore, .capacity = 2}),
            "t2.0>e0@0 t0.0>e1@0 t1.0>e0@1 t3.0>e0@2! t0.1>e0@3! t1.1>e1@1 t3.1>e2@0 t2.1>e2@1 ");
}

TEST(CapacityDrop, NoCapacityDropsNothingAndCapacityZeroDropsAll) {
  EXPECT_EQ(serve({2, 0, 1, 0}, 2, 1, {}), "t0.0>e0@0 t1.0>e0@1 ");
  EXPECT_EQ(serve({2, 0, 1, 0}, 2, 1, {.capacity = 0}), "t0.0>e0@0! t1.0>e0@1! ");
  EXPECT_EQ(serve({}, 2, 1, {.capacity = 1}), "");
}

TEST(CapacityDrop, PermutedServesTokensInTheGivenOrder) {
  const std::vector<int32_t> order = {1, 0};
  EXPECT_EQ(serve({2, 0, 1, 0}, 2, 1, {.order = core::ServingOrder::Permuted, .capacity = 1, .tokenOrder = order}),
            "t1.0>e0@0 t0.0>e0@1! ");
}

TEST(CapacityDrop, ASecondChoiceThatNeverAskedTakesNoSlot) {
  const std::vector<double> u = {0.9, 0.1};
  EXPECT_EQ(serve({2, 0, 2, 0}, 2, 2, {.capacity = 1, .secondThreshold = 0.2, .u = u}),
            "t0.0>e0@0 t1.0>e0@1! t1.1>e1@0 ");
}

TEST(CapacityDrop, BatchesHoldTheKeptChoicesOfEachExpertInSlotOrder) {
  const std::vector<int32_t> ids = {1, 0, 0, 1, 0, 2, 0, 2};
  const std::vector<double> probs(8, 0.5);
  const core::Dispatch out = core::dispatch<double>(ids, probs, 3, 2, {.capacity = 2});
  const core::ExpertBatches batches = core::batchByExpert(ids, out, 3);
  EXPECT_EQ(batches.begin, (std::vector<int32_t>{0, 2, 4, 6}));
  EXPECT_EQ(batches.rows, (std::vector<int32_t>{2, 4, 0, 3, 5, 7}));
  EXPECT_EQ(out.droppedChoices(), 0.25);
  EXPECT_EQ(out.droppedAny(2), 0.5);
  EXPECT_EQ(out.droppedAll(2), 0);
}

TEST(Softmax, PermutedRowsGetEqualProbabilitiesSoServingOrdersTie) {
  const std::vector<double> a = {0.3, 1.7, -2.1, 0.9, 4.4}, b = {4.4, -2.1, 0.9, 0.3, 1.7};
  std::vector<double> pa(5), pb(5);
  core::softmaxRow<double>(a, pa);
  core::softmaxRow<double>(b, pb);
  EXPECT_EQ(pa[4], pb[0]);
  EXPECT_EQ(pa[1], pb[4]);
}

TEST(TopK, EqualScoresGoToTheLowerIndexAndNanRanksLast) {
  std::vector<int32_t> ids(3);
  EXPECT_EQ(core::topKRow<double>(std::vector<double>{1, 3, 3, NAN, 1}, ids), 0);
  EXPECT_EQ(ids, (std::vector<int32_t>{1, 2, 0}));
  ids.resize(2);
  EXPECT_TRUE(std::isnan(core::topKRow<double>(std::vector<double>{NAN, 1, -INFINITY}, ids)));
  EXPECT_EQ(ids, (std::vector<int32_t>{1, 2}));
  EXPECT_TRUE(std::isnan(core::topKRow<double>(std::vector<double>{1, 2}, ids)));
}

TEST(Combine, ADroppedChoiceAddsNothingWhateverItsOutputHolds) {
  std::vector<float> y(2);
  core::combine<float>(std::vector<float>{1, 2, NAN, INFINITY}, std::vector<float>{0.5f, 0}, 2, 2, y);
  EXPECT_EQ(y, (std::vector<float>{0.5f, 1}));
}

}  // namespace
