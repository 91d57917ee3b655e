// The K best of a row, by the method for long rows and by the one for all, and against a plain sort.
#include "core/routing/select.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace {

struct Expected {
  std::vector<int32_t> ids;
  int32_t next = -1;
};

// Best first, ties to the lower index, NaN last.
template <class S>
Expected sorted(const std::vector<S>& row, int K) {
  std::vector<int32_t> order(row.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    const S x = row[static_cast<size_t>(a)], y = row[static_cast<size_t>(b)];
    return x > y || (std::isnan(y) && !std::isnan(x));
  });
  Expected out;
  out.ids.assign(order.begin(), order.begin() + K);
  if (static_cast<size_t>(K) < order.size() && !std::isnan(row[static_cast<size_t>(order[static_cast<size_t>(K)])]))
    out.next = order[static_cast<size_t>(K)];
  return out;
}

template <class S>
void expectSorted(const std::vector<S>& row, int K, const std::string& what) {
  const Expected expected = sorted(row, K);
  std::vector<int32_t> ids(static_cast<size_t>(K));
  int32_t next = -2;
  const S margin = core::topKRow<S>(row, ids, &next);
  ASSERT_EQ(ids, expected.ids) << what;
  ASSERT_EQ(next, expected.next) << what;
  if (expected.next < 0 || K == 0) {
    EXPECT_TRUE(std::isnan(margin)) << what;
  } else if (!std::isnan(row[static_cast<size_t>(ids.back())])) {
    const S by = row[static_cast<size_t>(ids.back())] - row[static_cast<size_t>(next)];
    EXPECT_TRUE(margin == by || std::isnan(by)) << what;
  }
}

TEST(TopK, EveryShapeGivesTheSortedOrder) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  for (const int E : {1, 5, 8, 16, 31, 32, 33, 47, 60, 64, 100, 127, 128, 160, 256, 511, 512, 513}) {
    for (const int K : {1, 2, 3, 4, 6, 7, 8, 9, 12, 16, 17}) {
      if (K > E) continue;
      for (int round = 0; round < 20; ++round) {
        std::vector<float> row(static_cast<size_t>(E));
        for (float& value : row) value = normal(random);
        expectSorted(row, K, fmt::format("E {}, K {}, round {}", E, K, round));
      }
    }
  }
}

TEST(TopK, EqualScoresGoToTheLowerIndex) {
  std::mt19937 random(6);
  for (const int E : {16, 64, 128}) {
    for (const int levels : {1, 2, 3, 9, 30}) {
      for (int round = 0; round < 20; ++round) {
        std::vector<double> row(static_cast<size_t>(E));
        for (double& value : row) value = static_cast<double>(random() % static_cast<unsigned>(levels));
        for (const int K : {1, 2, 8, 12}) expectSorted(row, K, fmt::format("E {}, {} levels, K {}", E, levels, K));
      }
    }
  }
}

TEST(TopK, WhatIsMaskedOrNoNumberComesLast) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 200; ++round) {
    std::vector<float> row(64);
    for (float& value : row) {
      const unsigned kind = random() % 8;
      value = kind == 0 ? -kInfinity : kind == 1 ? kNan : kind == 2 ? kInfinity : kind == 3 ? -0.0F : normal(random);
    }
    for (const int K : {1, 4, 8, 16}) expectSorted(row, K, fmt::format("round {}, K {}", round, K));
  }
  // Three of 64 are no NaN, all in one lane.
  std::vector<float> row(64, kNan);
  row[8] = 1, row[16] = 3, row[24] = 2;
  expectSorted(row, 2, "few numbers");
  expectSorted(row, 8, "fewer numbers than choices");
}

}  // namespace
