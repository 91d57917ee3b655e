#include "core/routing/serving.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/base/uniform.h"

namespace {

using core::ServingOrder;
using core::TokenRange;

constexpr std::array kOrders = {ServingOrder::RankMajor, ServingOrder::TokenMajor, ServingOrder::BatchPriority,
                                ServingOrder::ByScore, ServingOrder::Permuted};

struct Choices {
  int T = 0, E = 0, K = 0;
  std::vector<int32_t> ids;
  std::vector<float> probs;
};

// K different experts a token; every third probability equals another, so that ties decide.
Choices someChoices(int T, int E, int K, uint64_t seed) {
  Choices c{T, E, K, {}, {}};
  std::vector<int32_t> experts(static_cast<size_t>(E));
  for (int t = 0; t < T; ++t) {
    std::iota(experts.begin(), experts.end(), 0);
    for (int k = 0; k < K; ++k) {
      const auto counter = static_cast<uint64_t>(t * K + k);
      const auto pick = static_cast<int>(core::uniformAt(seed, 1, counter) * (E - k));
      std::swap(experts[static_cast<size_t>(k)], experts[static_cast<size_t>(k + pick)]);
      c.ids.push_back(experts[static_cast<size_t>(k)]);
      const double p = core::uniformAt(seed, 2, counter);
      c.probs.push_back(counter % 3 == 0 ? 0.25F : static_cast<float>(p));
    }
  }
  return c;
}

struct Placed {
  std::vector<int32_t> slot, kept;
};

Placed placed(const Choices& c, int64_t slots, ServingOrder order, uint64_t seed = 0) {
  Placed out{std::vector<int32_t>(c.ids.size()), std::vector<int32_t>(c.ids.size())};
  core::placeInQueues(c.ids, c.E, c.K, slots, {order, c.probs, seed, 7}, out.slot, out.kept);
  return out;
}

// The order in which a seed serves tokens, read from the queue of one expert that everybody chooses.
std::vector<int32_t> tokenOrder(int T, uint64_t seed) {
  const Choices all{T, 1, 1, std::vector<int32_t>(static_cast<size_t>(T)), std::vector<float>(static_cast<size_t>(T))};
  const Placed queue = placed(all, T, ServingOrder::Permuted, seed);
  std::vector<int32_t> order(static_cast<size_t>(T));
  for (int t = 0; t < T; ++t) order[static_cast<size_t>(queue.slot[static_cast<size_t>(t)])] = t;
  return order;
}

TEST(PlaceInQueues, PlacesChoicesAsTheReferenceDispatchDoesInEveryOrder) {
  for (const auto& [T, E, K] :
       {std::array{1, 1, 1}, std::array{13, 4, 2}, std::array{64, 8, 8}, std::array{127, 5, 3}}) {
    const Choices c = someChoices(T, E, K, static_cast<uint64_t>(T));
    const std::vector<int32_t> permutation = tokenOrder(T, 3);
    for (const ServingOrder order : kOrders) {
      for (const int64_t slots : {0, 1, 9, 1000}) {
        core::DispatchOptions<float> rules;
        rules.order = order;
        rules.capacity = slots;
        if (order == ServingOrder::Permuted) rules.tokenOrder = permutation;
        const core::Dispatch expected = core::dispatch<float>(c.ids, c.probs, E, K, rules);
        const Placed got = placed(c, slots, order, 3);
        const std::string place = fmt::format("{} T {} E {} K {} C {}", core::servingOrderName(order), T, E, K, slots);
        ASSERT_EQ(got.slot, expected.slot) << place;
        ASSERT_EQ(got.kept, std::vector<int32_t>(expected.kept.begin(), expected.kept.end())) << place;
      }
    }
  }
}

TEST(PlaceInQueues, PassesOverMissingChoicesInEveryOrder) {
  // t0 e1 .2, e0 .1   t1 e0 .5   t2 nothing   t3 e0 .3, e1 .3
  const Choices c{4, 2, 2, {1, 0, 0, -1, -1, -1, 0, 1}, {.2F, .1F, .5F, 0, 0, 0, .3F, .3F}};
  const auto slots = [&](ServingOrder order) { return placed(c, 1, order).slot; };
  EXPECT_EQ(slots(ServingOrder::RankMajor), (std::vector<int32_t>{0, 2, 0, -1, -1, -1, 1, 1}));
  EXPECT_EQ(slots(ServingOrder::TokenMajor), (std::vector<int32_t>{0, 0, 1, -1, -1, -1, 2, 1}));
  EXPECT_EQ(slots(ServingOrder::BatchPriority), (std::vector<int32_t>{0, 2, 0, -1, -1, -1, 1, 1}));
  EXPECT_EQ(slots(ServingOrder::ByScore), (std::vector<int32_t>{1, 2, 0, -1, -1, -1, 1, 0}));
  EXPECT_EQ(placed(c, 1, ServingOrder::ByScore).kept, (std::vector<int32_t>{0, 0, 1, 0, 0, 0, 0, 1}));
}

TEST(PlaceInQueues, ARandomOrderIsAFunctionOfItsSeedAndVisitsEveryToken) {
  std::vector<int32_t> order = tokenOrder(40, 5);
  EXPECT_EQ(order, tokenOrder(40, 5));
  EXPECT_NE(order, tokenOrder(40, 6));
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int t = 0; t < 40; ++t) EXPECT_EQ(order[static_cast<size_t>(t)], t);
}

TEST(Serving, CutsARunIntoGroupsOfSequencesWithARemainder) {
  core::Serving serving;
  EXPECT_EQ(serving.groupSize(7), 7);
  serving.sequence = 2;
  EXPECT_EQ(serving.groupSize(7), 2);
  serving.sequences = 2;
  EXPECT_EQ(core::groupsOf(7, serving.groupSize(7)), (std::vector<TokenRange>{{0, 4}, {4, 3}}));
  EXPECT_EQ(core::groupAt(6, 7, 4), (TokenRange{4, 3}));
  EXPECT_EQ(core::groupAt(3, 7, 4), (TokenRange{0, 4}));
  EXPECT_EQ(core::groupAt(9, 7, 4), (TokenRange{4, 3})) << "a token behind them stands with the last group";
  serving.sequences = 2000000000;
  EXPECT_EQ(serving.groupSize(7), 7);
  EXPECT_TRUE(core::groupsOf(0, 0).empty());
}

TEST(Serving, SaysWhatIsNotUsual) {
  core::Serving serving;
  EXPECT_EQ(core::servingText(serving), "");
  serving.order = ServingOrder::Permuted;
  serving.seed = 9;
  EXPECT_EQ(core::servingText(serving), "order permuted, seed 9");
  EXPECT_TRUE(core::Serving().isCausal());
  serving = {ServingOrder::ByScore, 0, 16, 2};
  EXPECT_EQ(core::servingText(serving), "order by_score, groups of 2 x 16 tokens");
  EXPECT_FALSE(serving.isCausal());
}

}  // namespace
