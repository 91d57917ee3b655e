#include "core/routing/placement_chance.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/uniform.h"

namespace core {
namespace {

constexpr int kMostDraws = 64, kLeastDraws = 12;
constexpr int64_t kWork = int64_t{1} << 19;  // choices that are drawn in all
constexpr int kMostBatches = 8;
constexpr uint64_t kSeed = 0x506C616365;

std::vector<int> sizesOf(const DeviceMap& map) {
  std::vector<int> sizes(static_cast<size_t>(map.devices));
  for (const int32_t d : map.device) ++sizes[static_cast<size_t>(d)];
  return sizes;
}

// The chance that none of K different experts lies among the n of a device.
double missed(int n, int K, int E) {
  double p = 1;
  for (int i = 0; i < K; ++i) p *= std::max(0, E - n - i) / static_cast<double>(E - i);
  return p;
}

// Straggler and drops of one draw at the end of every batch.
class Draw {
 public:
  Draw(const DeviceMap& map, int K, uint64_t number)
      : m_map(map), m_K(K), m_number(number), m_load(static_cast<size_t>(map.devices)) {
    for (int32_t e = 0; e < static_cast<int32_t>(map.device.size()); ++e) m_experts.push_back(e);
  }

  void drawUpTo(int tokens) {
    const auto E = m_experts.size();
    for (; m_tokens < tokens; ++m_tokens) {
      // The first K of a shuffle; it may begin from any order.
      for (size_t i = 0; i < static_cast<size_t>(m_K); ++i) {
        const double u = uniformAt(kSeed, m_number, m_counter++);
        std::swap(m_experts[i], m_experts[i + static_cast<size_t>(u * static_cast<double>(E - i))]);
        ++m_load[static_cast<size_t>(m_map.device[static_cast<size_t>(m_experts[i])])];
      }
    }
  }

  double straggler() const {
    const int64_t busiest = *std::max_element(m_load.begin(), m_load.end());
    return static_cast<double>(busiest) * static_cast<double>(m_load.size()) / (static_cast<double>(m_tokens) * m_K);
  }

  double dropped(double factor) const {
    const double slots = std::ceil(factor * m_tokens * m_K / static_cast<double>(m_load.size()));
    double sum = 0;
    for (const int64_t load : m_load) sum += std::max(0.0, static_cast<double>(load) - slots);
    return sum;
  }

 private:
  const DeviceMap& m_map;
  const int m_K;
  const uint64_t m_number;
  std::vector<int64_t> m_load;
  std::vector<int32_t> m_experts;
  uint64_t m_counter = 0;
  int m_tokens = 0;
};

void addExact(int tokens, int K, const DeviceMap& map, const PlacementOptions& options, PlacementChance& out) {
  const std::vector<int> sizes = sizesOf(map);
  const auto E = static_cast<int>(map.device.size());
  const int64_t n = map.devices;
  std::vector<int64_t> homes(sizes.size());
  for (int64_t t = 0; t < tokens; ++t) ++homes[static_cast<size_t>(t * n / tokens)];
  double moves = 0;
  for (size_t d = 0; d < sizes.size(); ++d) {
    const double sent = 1 - missed(sizes[d], K, E);
    out.devicesAToken += sent;
    moves += sent * static_cast<double>(tokens - homes[d]);
    out.communication += static_cast<double>(sizes[d]) / E * map.devices * sent / mostDevices(map, K);
  }
  out.bytes = 2 * moves * options.width * options.bytesAValue;
}

}  // namespace

std::vector<PlacementChance> placementByChance(std::span<const int> batches, int K, const DeviceMap& map,
                                               const PlacementOptions& options) {
  const auto E = static_cast<int>(map.device.size());
  CHECK(K > 0 && K <= E && std::is_sorted(batches.begin(), batches.end()), "K {}, E {}", K, E);
  std::vector<PlacementChance> out(batches.size());
  if (batches.empty()) return out;
  CHECK(batches.front() > 0, "a batch of {}", batches.front());
  const int64_t choices = int64_t{batches.back()} * K;
  const auto draws = static_cast<int>(std::clamp<int64_t>(kWork / choices, kLeastDraws, kMostDraws));
  std::vector<std::vector<double>> stragglers(batches.size());
  for (int number = 0; number < draws; ++number) {
    Draw draw(map, K, static_cast<uint64_t>(number));
    for (size_t b = 0; b < batches.size(); ++b) {
      draw.drawUpTo(batches[b]);
      stragglers[b].push_back(draw.straggler());
      if (options.factor) out[b].dropped += draw.dropped(*options.factor) / draws;
    }
  }
  for (size_t b = 0; b < batches.size(); ++b) {
    addExact(batches[b], K, map, options, out[b]);
    std::vector<double>& all = stragglers[b];
    std::sort(all.begin(), all.end());
    for (const double one : all) out[b].straggler += one / draws;
    out[b].stragglerHigh = all[static_cast<size_t>((draws * 19 + 19) / 20 - 1)];
  }
  return out;
}

int leastDevices(const DeviceMap& map, int K) {
  std::vector<int> sizes = sizesOf(map);
  std::sort(sizes.rbegin(), sizes.rend());
  int held = 0, devices = 0;
  for (const int size : sizes) {
    if (held >= K) break;
    held += size;
    ++devices;
  }
  return devices;
}

int mostDevices(const DeviceMap& map, int K) { return std::max(1, std::min(K, map.devices)); }

std::vector<int> growingBatches(int tokens) {
  std::vector<int> batches;
  for (int T = tokens; T > 0 && batches.size() < kMostBatches; T = T == 1 ? 0 : (T + 1) / 2) batches.push_back(T);
  std::reverse(batches.begin(), batches.end());
  return batches;
}

}  // namespace core
