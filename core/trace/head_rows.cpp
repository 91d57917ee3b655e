// The ten largest of V numbers without looking closely at all of them. The numbers are split into groups; ten groups
// have a maximum of at least the tenth largest maximum m, so at least ten numbers are m or more, and none of the ten
// largest is smaller. Only groups that reach m are searched: ten of them, unless there are ties.
//
//   groups  3 1 7 | 2 9 4 | 5 0 8 | 6 1 1     the two largest: maxima 7 9 8 6, the second largest is m = 8
//           -     | 9     | 8     | -         two groups searched, 9 and 8 found
#include "core/trace/head_rows.h"

#include <algorithm>
#include <cmath>

namespace core {
namespace {

// The largest so far, best first.
class Best {
 public:
  Best(const float* logits, std::span<int32_t> ids)
      : m_logits(logits), m_ids(ids.data()), m_wanted(static_cast<int>(ids.size())) {}

  void offer(int32_t v) {
    if (m_count == m_wanted && !before(v, m_ids[m_count - 1])) return;
    int at = m_count < m_wanted ? m_count++ : m_wanted - 1;
    for (; at > 0 && before(v, m_ids[at - 1]); --at) m_ids[at] = m_ids[at - 1];
    m_ids[at] = v;
  }
  int count() const { return m_count; }

 private:
  bool before(int32_t a, int32_t b) const { return m_logits[a] > m_logits[b] || (m_logits[a] == m_logits[b] && a < b); }

  const float* m_logits;
  int32_t* m_ids;
  int m_wanted;
  int m_count = 0;
};

// The wanted-th largest of the maxima.
float threshold(std::span<const float> maxima, int wanted) {
  float best[kTopPredictions];
  int count = 0;
  for (const float value : maxima) {
    if (count == wanted && !(value > best[count - 1])) continue;
    int at = count < wanted ? count++ : wanted - 1;
    for (; at > 0 && value > best[at - 1]; --at) best[at] = best[at - 1];
    best[at] = value;
  }
  return best[wanted - 1];
}

void topIds(const kernels::Table& kernels, std::span<const float> logits, std::span<const float> maxima,
            std::span<int32_t> ids) {
  const auto V = static_cast<int64_t>(logits.size()), W = kernels.lanes();
  const int wanted = static_cast<int>(ids.size());
  if (maxima.size() >= ids.size()) {
    const float enough = threshold(maxima, wanted);
    Best best(logits.data(), ids);
    for (int64_t group = 0; group < static_cast<int64_t>(maxima.size()); ++group) {
      if (!(maxima[static_cast<size_t>(group)] >= enough)) continue;
      const int64_t begin = group / W * W * kernels::kGroup + group % W;
      const int64_t end = std::min(V, begin + W * kernels::kGroup);
      for (int64_t v = begin; v < end; v += W) {
        if (logits[static_cast<size_t>(v)] >= enough) best.offer(static_cast<int32_t>(v));
      }
    }
    if (best.count() == wanted) return;
  }
  // A vocabulary of few groups, or one with fewer than ten numbers in it: the rest is NaN.
  Best best(logits.data(), ids);
  for (int64_t v = 0; v < V; ++v) best.offer(static_cast<int32_t>(v));
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
    topIds(kernels, logits, scratch, row.ids.first(wanted));
  };
  if (pool && pool->threads() > 1) {
    pool->run(2, [&](int piece) {
      if (piece == 0) return findTop();
      kernels.softmaxSums(logits.data(), V, &highest, &sum, &moment);
    });
  } else {
    findTop();
    highest = *std::max_element(scratch.begin(), scratch.end());
    kernels.expSums(logits.data(), V, highest, &sum, &moment);
  }
  row.logSum = highest + std::log(sum);
  row.entropy = static_cast<float>(std::log(sum) - moment / sum);
  for (size_t i = 0; i < row.ids.size(); ++i) {
    if (i >= wanted) row.ids[i] = -1;
    row.probabilities[i] =
        i < wanted ? std::exp(static_cast<float>(logits[static_cast<size_t>(row.ids[i])] - row.logSum)) : 0.f;
  }
}

}  // namespace core
