// What a placement costs by chance: a router without preferences, whose tokens choose K different experts of E, all
// alike, and keep every choice. A batch of few tokens is uneven by luck alone, so a straggler is read next to this one.
//
//   q_d            = 1 - prod_{i<K} (E - n_d - i) / (E - i)      a token is sent to device d, which holds n_d experts
//   devices        = sum_d q_d                                   a token
//   bytes          = 2 * width * bytes a value * sum_d q_d * (tokens whose home is another device)
//   communication  = sum_d n_d / E * D q_d / M                   DeepSeek's term (device_loss.h); device term: 1
//
// Straggler and drops are means over draws with fixed seeds.
#pragma once

#include <span>
#include <vector>

#include "core/routing/placement.h"

namespace core {

struct PlacementChance {
  double straggler = 0, stragglerHigh = 0;  // mean, and what 19 of 20 draws stay below or at
  double devicesAToken = 0;
  double bytes = 0;
  double dropped = 0;        // choices; 0 without a factor
  double communication = 0;  // with M = mostDevices
};

// One for each of `batches`, which are numbers of tokens that grow.
std::vector<PlacementChance> placementByChance(std::span<const int> batches, int K, const DeviceMap& map,
                                               const PlacementOptions& options);

// Fewest devices that hold K experts, and the most that K choices can reach (DeepSeek's M where it does not limit): the
// communication term lies between least / M and 1 where scores are even.
int leastDevices(const DeviceMap& map, int K);
int mostDevices(const DeviceMap& map, int K);

// Batches of a run as they grow: its first tokens, doubled up to all of them, at most eight.
std::vector<int> growingBatches(int tokens);

}  // namespace core
