#include "core/engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace core {
namespace {

// std::max_element in steps of a block: the largest of a block needs no index, so a vector of numbers is compared at once.
std::vector<float>::const_iterator largest(const std::vector<float>& values) {
  constexpr ptrdiff_t kBlock = 256, kLanes = 16;
  auto best = values.begin(), at = best;
  for (; values.end() - at >= kBlock; at += kBlock) {
    float top[kLanes];
    std::fill_n(top, kLanes, -INFINITY);
    for (auto from = at; from != at + kBlock; from += kLanes) {
      for (ptrdiff_t lane = 0; lane < kLanes; ++lane) top[lane] = from[lane] > top[lane] ? from[lane] : top[lane];
    }
    if (const float highest = *std::max_element(top, top + kLanes); highest > *best) best = std::find(at, at + kBlock, highest);
  }
  for (; at != values.end(); ++at) best = *at > *best ? at : best;
  return best;
}

}  // namespace

int32_t sampleToken(const std::vector<float>& logits, const Sampling& sampling, int position) {
  const auto best = largest(logits);
  if (sampling.temperature <= 0) return static_cast<int32_t>(best - logits.begin());

  std::vector<int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto better = [&](int32_t a, int32_t b) {
    const float x = logits[static_cast<size_t>(a)], y = logits[static_cast<size_t>(b)];
    return x > y || (x == y && a < b);
  };
  std::sort(ids.begin(), ids.end(), better);
  if (sampling.topK > 0 && static_cast<size_t>(sampling.topK) < ids.size()) ids.resize(static_cast<size_t>(sampling.topK));

  std::vector<double> chance(ids.size());
  double total = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    total += chance[i] = std::exp((logits[static_cast<size_t>(ids[i])] - *best) / sampling.temperature);
  }
  if (sampling.topP < 1) {
    double sum = 0;
    size_t kept = 0;
    while (kept < ids.size() && sum < sampling.topP * total) sum += chance[kept++];
    kept = std::max<size_t>(kept, 1);
    ids.resize(kept);
    total = std::accumulate(chance.begin(), chance.begin() + static_cast<std::ptrdiff_t>(kept), 0.0);
  }
  double left = uniformAt(sampling.seed, 0, static_cast<uint64_t>(position)) * total;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    left -= chance[i];
    if (left < 0) return ids[i];
  }
  return ids.back();
}

}  // namespace core
