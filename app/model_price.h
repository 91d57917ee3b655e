// What a model will cost this machine before it is opened, and from when on that is worth a question. Weights are
// mapped, so nothing has been read by then but headers.
#pragma once

#include "core/model/cost.h"

namespace app {

// The one place that says what "large" is: more resident bytes than this, or than this share of what is available now.
struct LargeModel {
  uint64_t bytes = 2'000'000'000;
  double shareOfMemory = 0.5;
};

struct ModelPrice {
  std::string name, hash;  // of the model
  core::ModelCost cost;
  uint64_t memory = 0;       // available now, bytes; 0: not known
  int tokens = 0;            // of context that `resident` counts
  uint64_t resident = 0;     // at most, once every expert was chosen, bytes
  double memoryRate = 0;     // bytes a second, measured; 0: not yet
  double secondsAToken = 0;  // of generation on the CPU; an estimate
};

ModelPrice priceOf(const core::Model& model);
bool isLarge(const ModelPrice& price, const LargeModel& large);

// Takes the time: measures the memory for some milliseconds.
void estimateTime(ModelPrice& price);

}  // namespace app
