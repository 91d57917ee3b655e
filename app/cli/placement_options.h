// --devices and what belongs to it: the cost of a routing whose experts live on several devices.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "core/routing/placement.h"
#include "core/trace/trace.h"

namespace app {

struct PlacementOptionsCli {
  int devices = 0;                       // 0: nothing is asked
  std::string placement = "contiguous";  // or a file
  int width = 0;                         // of a state; 0: the model's
  int bytesAValue = 2;
  std::optional<double> factor;
  CLI::Option* placementOption = nullptr;
  std::vector<CLI::Option*> costOptions;  // of the cost alone: they say nothing of where experts are
};

void addPlacementOptions(CLI::App& command, PlacementOptionsCli& options);
// What of them does not go together, in words; empty: nothing.
std::string placementProblem(const PlacementOptionsCli& options);
bool isPlacementAsked(const PlacementOptionsCli& options);

// For batches that grow (core::growingBatches): all layers together, with what an even router would cost, and the
// busiest device of each; every layer for all of the tokens.
core::Result<nlohmann::json> placementDocument(const core::Trace& routing, const PlacementOptionsCli& options);
std::string placementTable(const nlohmann::json& document);

}  // namespace app
