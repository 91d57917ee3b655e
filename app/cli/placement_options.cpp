#include "app/cli/placement_options.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "app/cli/console.h"
#include "app/cli/input.h"
#include "app/cli/run_options.h"
#include "core/trace/dispatch.h"
#include "core/trace/placed.h"

namespace app {
namespace {

using Json = nlohmann::json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

core::Result<core::DeviceMap> mapFor(const core::Trace& trace, const PlacementOptionsCli& options) {
  if (const auto kind = core::placementNamed(options.placement)) {
    return core::placeExperts(*kind, core::expertLoads(trace), options.devices);
  }
  TRY_ASSIGN(const std::string text, readInput(options.placement, core::kMostPlacementBytes));
  auto map = core::parsePlacement(text, trace.config().router.experts);
  if (!map) return core::failAt(options.placement, map.error());
  if (options.devices > 0 && options.devices != map->devices) {
    return core::fail("{}: names {} devices, --devices says {}", options.placement, map->devices, options.devices);
  }
  return map;
}

core::PlacementOptions costOptions(const core::Trace& trace, const PlacementOptionsCli& options) {
  return {options.width > 0 ? options.width : trace.config().width, options.bytesAValue, options.factor};
}

Json costJson(const core::PlacedBatch& batch, bool capacity) {
  const core::PlacementCost& cost = batch.cost;
  return {{"tokens", batch.tokens},
          {"choices", cost.choices},
          {"load", cost.load},
          {"straggler", finite(cost.straggler)},
          {"devices_a_token", finite(cost.devicesAToken)},
          {"bytes", cost.bytes},
          {"slots", capacity ? Json(cost.capacity) : Json(nullptr)},
          {"dropped", capacity ? Json(cost.dropped) : Json(nullptr)},
          {"device_loss", finite(batch.deviceLoss)},
          {"communication_loss", finite(batch.communicationLoss)}};
}

Json chanceJson(const core::PlacementChance& chance, bool capacity) {
  return {{"straggler", finite(chance.straggler)},
          {"straggler_high", finite(chance.stragglerHigh)},
          {"devices_a_token", finite(chance.devicesAToken)},
          {"bytes", finite(chance.bytes)},
          {"dropped", capacity ? finite(chance.dropped) : Json(nullptr)},
          {"device_loss", 1},
          {"communication_loss", finite(chance.communication)}};
}

// One batch of all layers: what is counted is added up, the others are means, the worst layer's straggler beside them.
class AllLayers {
 public:
  explicit AllLayers(const core::PlacedBatch& first) : m_sum(first) {
    m_sum.cost.load.assign(first.cost.load.size(), 0);
    m_sum.cost.choices = m_sum.cost.bytes = m_sum.cost.capacity = m_sum.cost.dropped = 0;
    m_sum.cost.straggler = m_sum.cost.devicesAToken = m_sum.deviceLoss = m_sum.communicationLoss = 0;
    if (m_sum.chance) m_sum.chance->bytes = m_sum.chance->dropped = 0;
  }

  void add(const core::PlacedBatch& one) {
    core::PlacementCost& sum = m_sum.cost;
    for (size_t d = 0; d < sum.load.size(); ++d) sum.load[d] += one.cost.load[d];
    sum.choices += one.cost.choices;
    sum.bytes += one.cost.bytes;
    sum.capacity += one.cost.capacity;
    sum.dropped += one.cost.dropped;
    sum.straggler += one.cost.straggler;
    m_worst = std::max(m_worst, one.cost.straggler);
    sum.devicesAToken += one.cost.devicesAToken;
    ++m_layers;
    if (std::isfinite(one.deviceLoss)) {
      m_sum.deviceLoss += one.deviceLoss;
      m_sum.communicationLoss += one.communicationLoss;
      ++m_scored;
    }
    if (m_sum.chance && one.chance) {
      m_sum.chance->bytes += one.chance->bytes;
      m_sum.chance->dropped += one.chance->dropped;
    }
  }

  Json json(bool capacity) {
    m_sum.cost.straggler /= m_layers;
    m_sum.cost.devicesAToken /= m_layers;
    m_sum.deviceLoss /= m_scored;
    m_sum.communicationLoss /= m_scored;
    Json document = costJson(m_sum, capacity);
    document["straggler_worst"] = finite(m_worst);
    document["chance"] = m_sum.chance ? chanceJson(*m_sum.chance, capacity) : Json(nullptr);
    return document;
  }

 private:
  core::PlacedBatch m_sum;
  int m_layers = 0, m_scored = 0;
  double m_worst = 0;
};

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
  auto* width = command
                    .add_option("--state-width", options.width,
                                "values of a token's state that moves; the model's own if not given")
                    ->check(CLI::Range(1, 1 << 20));
  auto* bytes = command.add_option("--bytes-a-value", options.bytesAValue, "of the states that move between devices")
                    ->capture_default_str()
                    ->check(CLI::Range(1, 8));
  auto* type =
      command
          .add_option_function<std::string>(
              "--value-type", [&options](const std::string& name) { options.bytesAValue = core::valueTypeBytes(name); },
              "the same by name: f32, bf16, f16, fp8 or int8")
          ->check(CLI::IsMember({"f32", "bf16", "f16", "fp8", "int8"}))
          ->excludes(bytes);
  auto* factor =
      command.add_option("--device-capacity", options.factor, "choices a device takes, against an even share")
          ->check(finiteFrom(0, 1e6, "a number of at least 0"));
  options.costOptions = {width, bytes, type, factor};
}

std::string placementProblem(const PlacementOptionsCli& options) {
  if (options.devices > 0) return {};
  if (options.placementOption->count() > 0) {
    if (!core::placementNamed(options.placement)) return {};  // a file says how many there are
    return fmt::format("--placement {}: give --devices, the number of them", options.placement);
  }
  for (const CLI::Option* option : options.costOptions) {
    if (option->count() > 0)
      return option->get_name() + ": there is no placement; give --devices or a --placement file";
  }
  return {};
}

bool isPlacementAsked(const PlacementOptionsCli& options) {
  return options.devices > 0 || options.placementOption->count() > 0;
}

core::Result<Json> placementDocument(const core::Trace& routing, const PlacementOptionsCli& options) {
  TRY_ASSIGN(const core::DeviceMap map, mapFor(routing, options));
  const core::PlacementOptions cost = costOptions(routing, options);
  const int K = routing.config().router.chosen;
  Json document = {
      {"placement", options.placement},
      {"devices", map.devices},
      {"device", map.device},
      {"width", cost.width},
      {"bytes_a_value", cost.bytesAValue},
      {"device_capacity", options.factor ? Json(*options.factor) : Json(nullptr)},
      {"model_of_cost", true},
      {"least",
       {{"straggler", 1},
        {"device_loss", 1},
        {"communication_loss", static_cast<double>(core::leastDevices(map, K)) / core::mostDevices(map, K)}}},
      {"batches", Json::array()},
      {"layers", Json::array()}};
  std::map<int, AllLayers> batches;  // by tokens
  for (int layer = 0; layer < routing.config().layers; ++layer) {
    const std::vector<core::PlacedBatch> placed =
        core::placeLayer(routing, layer, core::dispatchOf(routing, layer), map, cost);
    for (const core::PlacedBatch& one : placed) batches.try_emplace(one.tokens, one).first->second.add(one);
    if (placed.empty()) continue;
    document["layers"].push_back(costJson(placed.back(), options.factor.has_value()));
    document["layers"].back()["layer"] = layer;
  }
  for (auto& [tokens, all] : batches) document["batches"].push_back(all.json(options.factor.has_value()));
  return document;
}

std::string placementTable(const Json& document) {
  std::string text =
      fmt::format("\n{} devices, {} placement, {} values of {} bytes: a model of cost, nothing is measured\n",
                  document["devices"].get<int>(), visibleText(document["placement"].get<std::string>()),
                  document["width"].get<int>(), document["bytes_a_value"].get<int>());
  text += fmt::format("{:>8} {:>10} {:>10} {:>10} {:>12} {:>9} {:>8} {:>8}\n", "tokens", "straggler", "devices/t",
                      "MB moved", "busiest", "dropped", "L_dev", "L_comm");
  const auto number = [](const Json& value, int digits) {
    return value.is_null() ? std::string("-") : fmt::format("{:.{}f}", value.get<double>(), digits);
  };
  const auto row = [&](const std::string& name, const Json& one, const std::string& busiest) {
    text +=
        fmt::format("{:>8} {:>10} {:>10} {:>10} {:>12} {:>9} {:>8} {:>8}\n", name, number(one["straggler"], 3),
                    number(one["devices_a_token"], 2), fmt::format("{:.3f}", one["bytes"].get<double>() / 1e6), busiest,
                    number(one["dropped"], 0), number(one["device_loss"], 3), number(one["communication_loss"], 3));
  };
  for (const Json& batch : document["batches"]) {
    const auto load = batch["load"].get<std::vector<int64_t>>();
    row(std::to_string(batch["tokens"].get<int>()), batch,
        std::to_string(load.empty() ? 0 : *std::max_element(load.begin(), load.end())));
    if (!batch["chance"].is_null()) row("chance", batch["chance"], "-");
  }
  const Json& least = document["least"];
  return text + fmt::format("least: straggler 1, L_dev 1 and L_comm {} where scores are even\n",
                            number(least["communication_loss"], 3));
}

}  // namespace app
