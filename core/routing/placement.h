// Experts on several devices, as a model of cost (nothing is measured here): which device gets how much work, how long
// the slowest holds the others up, what goes over the wire.
//
//   load_d        kept choices whose expert lives on device d
//   straggler     max load / mean load: all wait for the busiest
//   home of t     floor(t n / T): the batch is cut into n equal pieces, as in data-parallel attention
//   bytes moved   2 * width * bytes a value * sum over tokens of the other devices it is sent to (there and back); a
//                 token goes to a device once, however many of its experts live there
//   device drops  every device takes C = ceil(factor * choices / n) choices (DeepSeek-V2 drops those of smallest score;
//                 how many there are does not depend on which)
//
// Beside it DeepSeek's balance terms (device_loss.h), and what all of it is by chance (placement_chance.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/routing/device_loss.h"

namespace core {

enum class PlacementKind : uint8_t {
  Contiguous,  // device 0 the first experts; sizes differ by one at most
  Striped,     // expert e on device e mod n
  Greedy,      // heaviest expert first, onto the lightest device that has a place left
};
std::optional<PlacementKind> placementNamed(std::string_view name);  // contiguous, striped, greedy
std::string_view placementName(PlacementKind kind);

// `load` (E) is read by Greedy. Errors: more devices than experts, none.
Result<DeviceMap> placeExperts(PlacementKind kind, std::span<const int64_t> load, int devices);

// Bytes of a value of a type: f32, bf16, f16, fp8, int8; 0 for other names.
int valueTypeBytes(std::string_view name);

// Device numbers of experts 0, 1, ... from a text with one a line, or separated by commas or blanks. Errors, with the
// line and the expert: not E numbers, one that is no device number below E, a device without an expert.
Result<DeviceMap> parsePlacement(std::string_view text, int E);

struct PlacementOptions {
  int width = 0;  // values of a token's state
  int bytesAValue = 2;
  std::optional<double> factor;  // device-level capacity
};

struct PlacementCost {
  int64_t tokens = 0, choices = 0;  // kept choices that exist
  std::vector<int64_t> load;        // (devices)
  double straggler = 0;             // NaN without choices
  double devicesAToken = 0;         // mean number of devices a token is sent to, its home counted if used
  int64_t bytes = 0;
  int64_t capacity = 0, dropped = 0;  // of a device, and choices beyond them; 0 without a factor
};

// ids (T, K), -1: none; kept (T, K) or empty.
PlacementCost placementCost(std::span<const int32_t> ids, std::span<const int32_t> kept, int K, const DeviceMap& map,
                            const PlacementOptions& options);

}  // namespace core
