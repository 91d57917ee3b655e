// The ten largest of V numbers without looking closely at all of them. The numbers are split into groups; if ten groups
// have a maximum of at least m, at least ten numbers are m or more, and none of the ten largest is smaller. Only groups
// that reach m are searched: about eleven of them, unless there are ties.
//
//   groups  3 1 7 | 2 9 4 | 5 0 8 | 6 1 1     the two largest: maxima 7 9 8 6, the second largest is m = 8
//           -     | 9     | 8     | -         two groups searched, 9 and 8 found
//
// m is the tenth largest of a few columns of maxima, found by counting for each how many are no smaller, and the
// numbers found are ordered by counting as well: a sort would take a branch for each comparison, and guess half of them
// wrong.
#include "core/trace/head_rows.h"

#include <algorithm>
#include <cmath>

namespace core {
namespace {

// The largest by looking at all of them, best first; what is no number comes last.
void topOfAll(std::span<const float> logits, std::span<int32_t> best) {
  size_t count = 0;
  const auto before = [&](int32_t a, int32_t b) {
    const float x = logits[static_cast<size_t>(a)], y = logits[static_cast<size_t>(b)];
    return x > y || (x == y && a < b) || (x == x && y != y);
  };
  for (int32_t v = 0; v < static_cast<int32_t>(logits.size()); ++v) {
    if (count == best.size() && !before(v, best.back())) continue;
    size_t at = count < best.size() ? count++ : count - 1;
    for (; at > 0 && before(v, best[at - 1]); --at) best[at] = best[at - 1];
    best[at] = v;
  }
}

constexpr int kColumns = 32;
constexpr int kMostFound = 64;

// The maxima folded into columns.
struct Columns {
  explicit Columns(std::span<const float> maxima) {
    std::fill_n(column, kColumns, -INFINITY);
    size_t i = 0;
    for (; i + kColumns <= maxima.size(); i += kColumns) {
      for (size_t c = 0; c < kColumns; ++c) column[c] = maxima[i + c] > column[c] ? maxima[i + c] : column[c];
    }
    for (size_t c = 0; i + c < maxima.size(); ++c) column[c] = std::max(column[c], maxima[i + c]);
  }
  float highest() const { return *std::max_element(column, column + kColumns); }
  // The wanted-th largest; -infinity where there are fewer maxima.
  float atLeast(int wanted) const {
    float enough = -INFINITY;
    for (const float value : column) {
      int noSmaller = 0;
      for (const float other : column) noSmaller += other >= value;
      enough = noSmaller >= wanted && value > enough ? value : enough;
    }
    return enough;
  }
  float column[kColumns];
};

// Numbers that may be among the largest, in any order.
struct Found {
  int count = 0;
  int32_t ids[kMostFound];
  float values[kMostFound];

  void order(std::span<int32_t> best) const {
    for (int i = 0; i < count; ++i) {
      int rank = 0;
      for (int j = 0; j < count; ++j) {
        rank += static_cast<int>(values[j] > values[i]) |
                (static_cast<int>(values[j] == values[i]) & static_cast<int>(ids[j] < ids[i]));
      }
      if (rank < static_cast<int>(best.size())) best[static_cast<size_t>(rank)] = ids[i];
    }
  }
};

void topIds(const kernels::Table& kernels, std::span<const float> logits, std::span<const float> maxima,
            const Columns& columns, std::span<int32_t> ids) {
  const auto V = static_cast<int64_t>(logits.size()), W = kernels.lanes();
  const int wanted = static_cast<int>(ids.size());
  const float enough = columns.atLeast(wanted);
  Found found;
  const auto searchGroup = [&](int64_t begin) {
    const int64_t end = std::min(V, begin + W * kernels::kGroup);
    for (int64_t v = begin; v < end && found.count < kMostFound; v += W) {
      const float value = logits[static_cast<size_t>(v)];
      if (!(value >= enough)) continue;
      found.ids[found.count] = static_cast<int32_t>(v);
      found.values[found.count++] = value;
    }
  };
  const float* maximum = maxima.data();
  for (int64_t chunk = 0; enough > -INFINITY && chunk < V; chunk += W * kernels::kGroup) {
    for (int64_t lane = 0; lane < W; ++lane) {
      if (*maximum++ >= enough) searchGroup(chunk + lane);
    }
  }
  if (found.count >= wanted && found.count < kMostFound) return found.order(ids);
  topOfAll(logits, ids);  // few numbers, many of the same size, or many that are none
}

}  // namespace

void headRow(const kernels::Table& kernels, std::span<const float> logits, std::vector<float>& scratch, HeadRow& row,
             ThreadPool* pool) {
  const auto V = static_cast<int64_t>(logits.size());
  const size_t wanted = std::min(row.ids.size(), logits.size());
  scratch.resize(static_cast<size_t>(kernels.groups(V)));
  float highest = 0;
  double sum = 0, moment = 0;
  const auto findTop = [&] {
    kernels.groupMaxima(logits.data(), V, scratch.data());
    const Columns columns(scratch);
    topIds(kernels, logits, scratch, columns, row.ids.first(wanted));
    return columns.highest();
  };
  if (pool && pool->threads() > 1) {
    pool->run(2, [&](int piece) {
      if (piece == 0) {
        findTop();
      } else {
        kernels.softmaxSums(logits.data(), V, &highest, &sum, &moment);
      }
    });
  } else {
    highest = findTop();
    kernels.expSums(logits.data(), V, highest, &sum, &moment);
  }
  const double logOfSum = std::log(sum);
  row.logSum = highest + logOfSum;
  row.entropy = static_cast<float>(logOfSum - moment / sum);
  for (size_t i = 0; i < row.ids.size(); ++i) {
    if (i >= wanted) row.ids[i] = -1;
    row.probabilities[i] =
        i < wanted ? std::exp(static_cast<float>(logits[static_cast<size_t>(row.ids[i])] - row.logSum)) : 0.f;
  }
}

}  // namespace core
