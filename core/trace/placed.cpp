#include "core/trace/placed.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace core {

std::vector<double> scoreShares(const Trace& trace, int layer, int tokens) {
  const std::vector<float> scores = trace.gatherFloats(Hook::RouterScores, layer, 0, tokens);
  const auto E = static_cast<size_t>(trace.config().router.experts);
  if (scores.size() != static_cast<size_t>(tokens) * E) return {};
  std::vector<double> shares(scores.begin(), scores.end());
  for (size_t first = 0; first < shares.size(); first += E) {
    double sum = 0;
    for (size_t e = first; e < first + E; ++e) sum += shares[e];
    if (!(sum > 0)) return {};
    for (size_t e = first; e < first + E; ++e) shares[e] /= sum;
  }
  return shares;
}

std::vector<PlacedBatch> placeLayer(const Trace& trace, int layer, const LayerDispatch& decided, const DeviceMap& map,
                                    const PlacementOptions& options) {
  const int T = trace.tokens(Hook::RouterIds, layer), K = trace.columns(Hook::RouterIds, layer);
  const auto E = trace.config().router.experts;
  const std::vector<int32_t> ids = trace.gatherInts(Hook::RouterIds, layer, 0, T);
  if (T <= 0 || K <= 0 || ids.size() != static_cast<size_t>(T) * static_cast<size_t>(K)) return {};
  std::vector<int32_t> kept;
  if (decided.exists && decided.kept.size() >= ids.size()) {
    kept.assign(decided.kept.begin(), decided.kept.begin() + static_cast<ptrdiff_t>(ids.size()));
  }
  const bool ragged = std::find(ids.begin(), ids.end(), -1) != ids.end();
  const std::vector<double> scores = ragged ? std::vector<double>() : scoreShares(trace, layer, T);
  const std::vector<int> sizes = growingBatches(T);
  std::vector<PlacementChance> chance;
  if (!ragged && K <= E) chance = placementByChance(sizes, K, map, options);
  std::vector<PlacedBatch> out;
  for (size_t b = 0; b < sizes.size(); ++b) {
    const auto rows = static_cast<size_t>(sizes[b]), choices = rows * static_cast<size_t>(K);
    const std::span<const int32_t> chosen(ids.data(), choices);
    PlacedBatch& batch = out.emplace_back();
    batch.tokens = sizes[b];
    batch.cost = placementCost(chosen, kept.empty() ? std::span<const int32_t>() : std::span(kept).first(choices), K,
                               map, options);
    batch.deviceLoss = batch.communicationLoss = NAN;
    if (!scores.empty()) {
      const std::span<const double> some(scores.data(), rows * static_cast<size_t>(E));
      batch.deviceLoss = deviceBalanceLoss<double>(some, chosen, K, map).loss;
      batch.communicationLoss = communicationLoss<double>(some, chosen, K, map, mostDevices(map, K)).loss;
    }
    if (!chance.empty()) batch.chance = chance[b];
  }
  return out;
}

std::vector<int64_t> expertLoads(const Trace& trace) {
  std::vector<int64_t> load(static_cast<size_t>(trace.config().router.experts));
  for (int layer = 0; layer < trace.config().layers; ++layer) {
    for (int t = 0; t < trace.tokens(Hook::RouterIds, layer); ++t) {
      for (const int32_t id : trace.ints(Hook::RouterIds, layer, t)) {
        if (id >= 0 && static_cast<size_t>(id) < load.size()) ++load[static_cast<size_t>(id)];
      }
    }
  }
  return load;
}

Result<DeviceMap> readPlacement(const std::string& file, int experts) {
  std::error_code error;
  // A pipe would be waited for.
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail("{}: expected a file with a device number for each expert, found {}", file,
                error ? error.message() : "no plain file");
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMostPlacementBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.gcount() == 0 && !stream.eof()))
    return fail("{}: cannot be read; check its permissions", file);
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() > kMostPlacementBytes) {
    return fail("{}: expected at most {} bytes, found more", file, kMostPlacementBytes);
  }
  auto map = parsePlacement(text, experts);
  if (!map) return failAt(file, map.error());
  return map;
}

}  // namespace core
