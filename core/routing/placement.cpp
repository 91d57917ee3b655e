#include "core/routing/placement.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>

#include "core/base/check.h"

namespace core {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"contiguous", "striped", "greedy"};

bool isBlank(char c) { return c == ' ' || c == ',' || c == '\n' || c == '\r' || c == '\t'; }

// The beginning of a word that may hold any bytes.
std::string readable(std::string_view word) {
  constexpr size_t kMost = 20;
  std::string out;
  for (const char c : word.substr(0, kMost)) out += c > ' ' && c <= '~' ? c : '?';
  return out + (word.size() > kMost ? "\u2026" : "");
}

std::vector<int32_t> greedyDevices(std::span<const int64_t> load, int devices) {
  const size_t E = load.size(), n = static_cast<size_t>(devices), places = (E + n - 1) / n;
  std::vector<size_t> order(E);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return load[a] > load[b]; });
  std::vector<int64_t> weight(n);
  std::vector<size_t> taken(n);
  std::vector<int32_t> device(E);
  for (size_t i = 0; i < E; ++i) {
    // Devices that are still empty must get one of the experts that are left.
    const auto empty = static_cast<size_t>(std::count(taken.begin(), taken.end(), size_t{0}));
    size_t best = n;
    for (size_t d = 0; d < n; ++d) {
      if (taken[d] == places || (taken[d] > 0 && empty >= E - i)) continue;
      if (best == n || weight[d] < weight[best]) best = d;
    }
    CHECK(best < n, "no device has a place for expert {}", order[i]);
    device[order[i]] = static_cast<int32_t>(best);
    weight[best] += load[order[i]];
    ++taken[best];
  }
  return device;
}

}  // namespace

std::optional<PlacementKind> placementNamed(std::string_view name) {
  const auto* const at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<PlacementKind>(at - kNames.begin());
}

std::string_view placementName(PlacementKind kind) { return kNames[static_cast<size_t>(kind)]; }

Result<DeviceMap> placeExperts(PlacementKind kind, std::span<const int64_t> load, int devices) {
  const auto E = static_cast<int>(load.size());
  if (devices < 1 || devices > E)
    return fail("devices: expected 1 to {}, one expert each at least, found {}", E, devices);
  DeviceMap map;
  map.devices = devices;
  if (kind == PlacementKind::Greedy) {
    map.device = greedyDevices(load, devices);
    return map;
  }
  for (int64_t e = 0; e < E; ++e) {
    map.device.push_back(static_cast<int32_t>(kind == PlacementKind::Striped ? e % devices : e * devices / E));
  }
  return map;
}

int valueTypeBytes(std::string_view name) {
  if (name == "f32") return 4;
  if (name == "bf16" || name == "f16") return 2;
  return name == "fp8" || name == "int8" ? 1 : 0;
}

Result<DeviceMap> parsePlacement(std::string_view text, int E) {
  DeviceMap map;
  std::vector<bool> used(static_cast<size_t>(E));
  int line = 1;
  for (size_t at = 0; at < text.size();) {
    if (isBlank(text[at])) {
      line += text[at++] == '\n';
      continue;
    }
    const auto* const end = std::find_if(text.begin() + static_cast<ptrdiff_t>(at), text.end(), isBlank);
    const std::string_view word = text.substr(at, static_cast<size_t>(end - text.begin()) - at);
    int32_t device = -1;
    const auto [next, error] = std::from_chars(word.data(), word.data() + word.size(), device);
    if (map.device.size() == static_cast<size_t>(E))
      return fail("line {}: expected a device number for each of {} experts, found more", line, E);
    if (error != std::errc() || device < 0 || device >= E || next != word.data() + word.size()) {
      return fail("line {}: expected a device number from 0 to {} for expert {}, found {}", line, E - 1,
                  map.device.size(), readable(word));
    }
    map.device.push_back(device);
    used[static_cast<size_t>(device)] = true;
    map.devices = std::max(map.devices, device + 1);
    at += word.size();
  }
  if (map.device.size() != static_cast<size_t>(E)) {
    return fail("line {}: expected a device number for each of {} experts, found {}", line, E, map.device.size());
  }
  for (int d = 0; d < map.devices; ++d) {
    if (!used[static_cast<size_t>(d)]) {
      return fail("expected an expert on each device from 0 to {}, found none on device {}; number them without gaps",
                  map.devices - 1, d);
    }
  }
  return map;
}

PlacementCost placementCost(std::span<const int32_t> ids, std::span<const int32_t> kept, int K, const DeviceMap& map,
                            const PlacementOptions& options) {
  const size_t columns = static_cast<size_t>(K), n = static_cast<size_t>(map.devices), T = ids.size() / columns;
  CHECK(ids.size() == T * columns && (kept.empty() || kept.size() == ids.size()), "ids {}, kept {}, K {}", ids.size(),
        kept.size(), K);
  PlacementCost out;
  out.tokens = static_cast<int64_t>(T);
  out.load.assign(n, 0);
  int64_t visits = 0, moves = 0;
  std::vector<uint8_t> visited(n);
  for (size_t t = 0; t < T; ++t) {
    std::fill(visited.begin(), visited.end(), uint8_t{0});
    for (size_t i = t * columns; i < (t + 1) * columns; ++i) {
      if (ids[i] < 0 || (!kept.empty() && kept[i] == 0)) continue;
      const auto d = static_cast<size_t>(map.device[static_cast<size_t>(ids[i])]);
      ++out.load[d];
      ++out.choices;
      visited[d] = 1;
    }
    const auto here = std::count(visited.begin(), visited.end(), uint8_t{1});
    visits += here;
    moves += here - visited[t * n / T];
  }
  const auto busiest = out.load.empty() ? 0 : *std::max_element(out.load.begin(), out.load.end());
  out.straggler = static_cast<double>(busiest) * static_cast<double>(n) / static_cast<double>(out.choices);
  out.devicesAToken = static_cast<double>(visits) / static_cast<double>(T);
  out.bytes = 2 * moves * options.width * options.bytesAValue;
  if (options.factor) {
    out.capacity =
        static_cast<int64_t>(std::ceil(*options.factor * static_cast<double>(out.choices) / static_cast<double>(n)));
    for (const int64_t load : out.load) out.dropped += std::max<int64_t>(0, load - out.capacity);
  }
  return out;
}

}  // namespace core
