#include "app/cli/placement_options.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/cli/input.h"
#include "app/cli/run_options.h"
#include "core/routing/load.h"
#include "core/trace/dispatch.h"

namespace app {
namespace {

using core::Hook;
using Json = nlohmann::json;

constexpr size_t kMostPlacementBytes = size_t{1} << 20;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

struct LayerRouting {
  std::vector<int32_t> ids, kept;  // (T, K)
  std::vector<float> scores;       // (T, E), empty where no such are recorded
  int tokens = 0;
};

LayerRouting routingOf(const core::Trace& trace, int layer, int tokens) {
  LayerRouting out;
  out.tokens = std::min(tokens, trace.tokens(core::Stream::Layer, layer));
  out.ids = trace.gatherInts(Hook::RouterIds, layer, 0, out.tokens);
  const auto choices = static_cast<ptrdiff_t>(out.ids.size());
  const core::LayerDispatch decided = core::dispatchOf(trace, layer);
  if (decided.exists) out.kept.assign(decided.kept.begin(), decided.kept.begin() + choices);
  out.scores = trace.gatherFloats(Hook::RouterScores, layer, 0, out.tokens);
  return out;
}

std::vector<int64_t> loadOf(const core::Trace& trace) {
  std::vector<int64_t> load(static_cast<size_t>(trace.config().router.experts));
  for (int layer = 0; layer < trace.config().layers; ++layer) {
    const LayerRouting routing = routingOf(trace, layer, trace.length());
    for (const int32_t id : routing.ids) load[static_cast<size_t>(std::max(id, 0))] += id >= 0;
  }
  return load;
}

core::Result<core::DeviceMap> mapFor(const core::Trace& trace, const PlacementOptionsCli& options) {
  if (const auto kind = core::placementNamed(options.placement)) {
    return core::placeExperts(*kind, loadOf(trace), options.devices);
  }
  TRY_ASSIGN(const std::string text, readInput(options.placement, kMostPlacementBytes));
  auto map = core::parsePlacement(text, trace.config().router.experts);
  if (!map) return core::failAt(options.placement, map.error());
  if (options.devices > 0 && options.devices != map->devices) {
    return core::fail("{}: names {} devices, --devices says {}", options.placement, map->devices, options.devices);
  }
  return map;
}

Json batchDocument(const core::Trace& trace, int tokens, const core::DeviceMap& map,
                   const PlacementOptionsCli& options) {
  const int K = trace.config().router.chosen;
  const core::PlacementOptions cost{trace.config().width, options.bytesAValue, options.factor};
  std::vector<int64_t> load(static_cast<size_t>(map.devices));
  int64_t bytes = 0, dropped = 0, choices = 0, slots = 0;
  double straggler = 0, visits = 0, computation = 0, communication = 0;
  int layers = 0, scored = 0;
  for (int layer = 0; layer < trace.config().layers; ++layer) {
    const LayerRouting routing = routingOf(trace, layer, tokens);
    if (routing.ids.empty()) continue;
    const core::PlacementCost one = core::placementCost(routing.ids, routing.kept, K, map, cost);
    for (size_t d = 0; d < load.size(); ++d) load[d] += one.load[d];
    bytes += one.bytes, dropped += one.dropped, choices += one.choices, slots += one.slots;
    straggler = std::max(straggler, one.straggler);
    visits += one.devicesAToken;
    ++layers;
    const bool ragged = std::find(routing.ids.begin(), routing.ids.end(), -1) != routing.ids.end();
    if (ragged || routing.scores.empty()) continue;
    computation += static_cast<double>(core::deviceBalanceLoss<float>(routing.scores, routing.ids, K, map).loss);
    communication += static_cast<double>(
        core::communicationLoss<float>(routing.scores, routing.ids, K, map, std::min(K, map.devices)).loss);
    ++scored;
  }
  return {{"tokens", tokens},
          {"choices", choices},
          {"load", load},
          {"straggler", finite(straggler)},
          {"devices_a_token", finite(visits / layers)},
          {"bytes", bytes},
          {"slots", options.factor ? Json(slots) : Json(nullptr)},
          {"dropped", options.factor ? Json(dropped) : Json(nullptr)},
          {"device_loss", scored > 0 ? finite(computation / scored) : Json(nullptr)},
          {"communication_loss", scored > 0 ? finite(communication / scored) : Json(nullptr)}};
}

}  // namespace

void addPlacementOptions(CLI::App& command, PlacementOptionsCli& options) {
  command.add_option("--devices", options.devices, "simulate experts placed on this many devices")
      ->check(CLI::Range(1, core::kMaxExperts));
  options.placementOption =
      command
          .add_option(
              "--placement", options.placement,
              "contiguous, striped, greedy (by this routing's loads), or a file with a device number for each expert")
          ->capture_default_str();
  command.add_option("--bytes-a-value", options.bytesAValue, "of the states that move between devices")
      ->capture_default_str()
      ->check(CLI::Range(1, 8));
  command.add_option("--device-capacity", options.factor, "choices a device takes, against an even share")
      ->check(finiteFrom(0, 1e6, "a number of at least 0"));
}

bool isPlacementAsked(const PlacementOptionsCli& options) {
  return options.devices > 0 || options.placementOption->count() > 0;
}

core::Result<Json> placementDocument(const core::Trace& routing, const PlacementOptionsCli& options) {
  TRY_ASSIGN(const core::DeviceMap map, mapFor(routing, options));
  Json document = {{"placement", options.placement},
                   {"devices", map.devices},
                   {"device", map.device},
                   {"width", routing.config().width},
                   {"bytes_a_value", options.bytesAValue},
                   {"device_capacity", options.factor ? Json(*options.factor) : Json(nullptr)},
                   {"model_of_cost", true},
                   {"batches", Json::array()}};
  int tokens = 0;
  for (int layer = 0; layer < routing.config().layers; ++layer)
    tokens = std::max(tokens, routing.tokens(Hook::RouterIds, layer));
  int last = 0;
  for (const int part : {8, 4, 2, 1}) {
    if (tokens / part == last) continue;
    last = tokens / part;
    document["batches"].push_back(batchDocument(routing, last, map, options));
  }
  return document;
}

std::string placementTable(const Json& document) {
  std::string text = fmt::format("\n{} devices, {} placement: a model of cost, nothing is measured\n",
                                 document["devices"].get<int>(), document["placement"].get<std::string>());
  text += fmt::format("{:>8} {:>10} {:>10} {:>9} {:>12} {:>9} {:>8} {:>8}\n", "tokens", "straggler", "devices/t",
                      "MB moved", "busiest", "dropped", "L_dev", "L_comm");
  const auto number = [](const Json& value, int digits) {
    return value.is_null() ? std::string("-") : fmt::format("{:.{}f}", value.get<double>(), digits);
  };
  for (const Json& batch : document["batches"]) {
    const auto load = batch["load"].get<std::vector<int64_t>>();
    text += fmt::format("{:>8} {:>10} {:>10} {:>9} {:>12} {:>9} {:>8} {:>8}\n", batch["tokens"].get<int>(),
                        number(batch["straggler"], 3), number(batch["devices_a_token"], 2),
                        fmt::format("{:.2f}", static_cast<double>(batch["bytes"].get<int64_t>()) / 1e6),
                        *std::max_element(load.begin(), load.end()), number(batch["dropped"], 0),
                        number(batch["device_loss"], 3), number(batch["communication_loss"], 3));
  }
  return text;
}

}  // namespace app
