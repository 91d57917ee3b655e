// What a model will cost, before it is run: a table to read from its config and tensors, and an estimate of time.
//
// Weights lie in mapped files, so memory holds what has been touched: everything that every token needs, and of the
// experts those that some token chose. A model larger than memory runs, reading from the disk what does not fit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/model.h"

namespace core {

struct ModelCost {
  uint64_t fileBytes = 0;     // of all weights
  uint64_t commonBytes = 0;   // of weights that every token reads: all but experts and the embedding's other rows
  uint64_t expertBytes = 0;   // of all experts, attention experts too
  uint64_t chosenBytes = 0;   // of the experts that one token reads, all layers
  uint64_t contextBytes = 0;  // a token of the sequence: keys and values, in f32
  uint64_t bytesPerToken() const { return commonBytes + chosenBytes; }
  uint64_t mostResident(int tokens) const { return fileBytes + contextBytes * static_cast<uint64_t>(tokens); }
};

ModelCost costOf(const Model& model);

// Of this machine, in bytes; 0 where the system does not say.
uint64_t availableMemory();

// Bytes a second at which this machine reads memory, measured on a buffer that no cache holds (some 50 ms), and what a disk is
// taken to give where nothing was measured.
double measuredMemoryRate();
constexpr double kAssumedDiskRate = 5e8;

// A generated token reads bytesPerToken() once. What does not fit into `memory` comes from the disk: the share of the
// file that is left out, of the experts' bytes. Seconds; an estimate, not a promise.
double estimatedSecondsAToken(const ModelCost& cost, uint64_t memory, double memoryRate, double diskRate);

// In words, for people: sizes, memory, and whether it fits.
std::vector<std::string> describeCost(const ModelCost& cost, uint64_t memory);

std::string bytesText(uint64_t bytes);  // "3.7 GB", "512 B"

}  // namespace core
