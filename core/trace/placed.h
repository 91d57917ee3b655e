// A placement laid over the routing of a trace (core/routing/placement.h): a layer's cost for batches that grow, beside
// what an even router would cost, and the balance terms of devices and communication (core/routing/placement.h names
// them).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/routing/placement_chance.h"
#include "core/trace/dispatch.h"
#include "core/trace/trace.h"

namespace core {

struct PlacedBatch {
  int tokens = 0;  // the first of the run
  PlacementCost cost;
  // The balance terms of devices and communication, scores over their sum in each token, M = mostDevices. NaN without
  // scores, or where tokens have different numbers of experts.
  double deviceLoss = 0, communicationLoss = 0;
  std::optional<PlacementChance> chance;  // none where tokens have different numbers of experts
};

// The batches of `growingBatches` of the tokens that the layer holds; empty: it has no routing. `decided` is the
// dispatch of the layer: choices that it dropped go nowhere.
std::vector<PlacedBatch> placeLayer(const Trace& trace, int layer, const LayerDispatch& decided, const DeviceMap& map,
                                    const PlacementOptions& options);

// Scores of the first tokens over their sum in each token, (tokens, E); empty where not all are recorded or a sum is 0.
std::vector<double> scoreShares(const Trace& trace, int layer, int tokens);

// Choices of each expert in all layers: what a greedy placement goes by.
std::vector<int64_t> expertLoads(const Trace& trace);

constexpr size_t kMostPlacementBytes = size_t{1} << 20;

// Device numbers of a plain file for the experts of a model. Errors: file, place, expected, found.
Result<DeviceMap> readPlacement(const std::string& file, int experts);

}  // namespace core
