#include "core/model/cost.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>

#include "core/model/describe.h"

namespace core {
namespace {

constexpr size_t kProbeBytes = size_t{128} << 20;

uint64_t bytesOf(const Tensor& tensor) { return tensor ? tensor.bytes() : 0; }
uint64_t bytesOf(const Linear& linear) { return bytesOf(linear.weight) + bytesOf(linear.bias); }
uint64_t bytesOf(const Norm& norm) { return bytesOf(norm.weight) + bytesOf(norm.bias); }
uint64_t bytesOf(const Mlp& mlp) { return bytesOf(mlp.gate) + bytesOf(mlp.up) + bytesOf(mlp.down); }

// Adds E experts of which a token reads K; experts of a layer have one size.
void addExperts(uint64_t all, size_t experts, int chosen, ModelCost& cost) {
  if (experts == 0) return;
  cost.expertBytes += all;
  cost.chosenBytes += all / experts * static_cast<uint64_t>(chosen);
}

void addLayer(const LayerWeights& layer, const ModelConfig& config, ModelCost& cost) {
  for (const Norm* norm :
       {&layer.inputNorm, &layer.queryNorm, &layer.keyNorm, &layer.blockNorm, &layer.attentionPostNorm,
        &layer.blockPostNorm, &layer.sharedNorm, &layer.filterNorm, &layer.queryDownNorm, &layer.keyValueDownNorm}) {
    cost.commonBytes += bytesOf(*norm);
  }
  for (const Linear* linear :
       {&layer.query, &layer.key, &layer.value, &layer.output, &layer.router, &layer.sharedGate, &layer.routerKey,
        &layer.routerValue, &layer.filterFirst, &layer.filterSecond, &layer.attentionRouter, &layer.queryDown,
        &layer.keyValueDown, &layer.sharedKey, &layer.keyValueUp}) {
    cost.commonBytes += bytesOf(*linear);
  }
  for (const Tensor* tensor : {&layer.sinks, &layer.selectionBias, &layer.routedBias})
    cost.commonBytes += bytesOf(*tensor);
  cost.commonBytes += bytesOf(layer.shared) + bytesOf(layer.dense);
  uint64_t experts = 0, attention = 0;
  for (const Mlp& expert : layer.experts) experts += bytesOf(expert);
  for (const Linear& expert : layer.attentionQueries) attention += bytesOf(expert);
  for (const Linear& expert : layer.attentionOutputs) attention += bytesOf(expert);
  addExperts(experts, layer.experts.size(), config.router.chosen, cost);
  addExperts(attention, layer.attentionQueries.size(), config.attentionRouter.chosen, cost);
}

}  // namespace

ModelCost costOf(const Model& model) {
  const ModelConfig& config = model.config;
  const Weights& weights = model.weights;
  ModelCost cost;
  cost.fileBytes = model.storage ? model.storage->fileBytes() : 0;
  cost.commonBytes = bytesOf(weights.finalNorm) + bytesOf(weights.output);
  if (weights.embedding && weights.embedding.rows() > 0) {
    cost.commonBytes += weights.embedding.bytes() / static_cast<uint64_t>(weights.embedding.rows());
  }
  for (const LayerWeights& layer : weights.layer) addLayer(layer, config, cost);
  cost.contextBytes = static_cast<uint64_t>(cacheBytesPerToken(config));
  return cost;
}

uint64_t availableMemory() {
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);) {
    constexpr std::string_view kKey = "MemAvailable:";
    if (line.starts_with(kKey)) return std::strtoull(line.c_str() + kKey.size(), nullptr, 10) * 1024;
  }
  return 0;
}

double measuredMemoryRate() {
  using Clock = std::chrono::steady_clock;
  const std::vector<uint64_t> buffer(kProbeBytes / sizeof(uint64_t), 1);
  double best = 0;
  uint64_t sum = 0;
  for (int round = 0; round < 3; ++round) {
    const Clock::time_point start = Clock::now();
    for (const uint64_t value : buffer) sum += value;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds > 0) best = std::max(best, static_cast<double>(kProbeBytes) / seconds);
  }
  return sum > 0 ? best : 0;
}

double estimatedSecondsAToken(const ModelCost& cost, uint64_t memory, double memoryRate, double diskRate) {
  const double missing =
      memory > 0 && cost.fileBytes > memory
          ? static_cast<double>(cost.fileBytes - memory) / static_cast<double>(std::max<uint64_t>(cost.expertBytes, 1))
          : 0;
  const double fromDisk = std::min(missing, 1.0) * static_cast<double>(cost.chosenBytes);
  const double fromMemory = static_cast<double>(cost.bytesPerToken()) - fromDisk;
  return fromMemory / memoryRate + fromDisk / diskRate;
}

std::string bytesText(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  return unit == 0 || value >= 99.95 ? fmt::format("{:.0f} {}", value, kUnits[unit])
                                     : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::vector<std::string> describeCost(const ModelCost& cost, uint64_t memory) {
  std::vector<std::string> lines = {
      fmt::format("{} of weights, mapped; a token reads {} of them ({} by its chosen experts)",
                  bytesText(cost.fileBytes), bytesText(cost.bytesPerToken()), bytesText(cost.chosenBytes)),
      fmt::format("{} of context for a token of the sequence", bytesText(cost.contextBytes))};
  if (memory > 0) {
    lines.push_back(
        cost.fileBytes <= memory
            ? fmt::format("{} are available here: the weights fit", bytesText(memory))
            : fmt::format("{} are available here: the weights do not fit; experts are read from the disk when "
                          "they are chosen, which is slow",
                          bytesText(memory)));
  }
  return lines;
}

}  // namespace core
