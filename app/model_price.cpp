#include "app/model_price.h"

#include <algorithm>

namespace app {
namespace {
constexpr int kPricedTokens = 1024;
}

ModelPrice priceOf(const core::Model& model) {
  ModelPrice price;
  price.name = model.name;
  price.hash = model.contentHash;
  price.cost = core::costOf(model);
  price.memory = core::availableMemory();
  price.tokens = model.config.context > 0 ? std::min(model.config.context, kPricedTokens) : kPricedTokens;
  price.resident = price.cost.mostResident(price.tokens);
  return price;
}

bool isLarge(const ModelPrice& price, const LargeModel& large) {
  if (price.resident > large.bytes) return true;
  return price.memory > 0 &&
         static_cast<double>(price.resident) > large.shareOfMemory * static_cast<double>(price.memory);
}

void estimateTime(ModelPrice& price) {
  price.memoryRate = core::measuredMemoryRate();
  price.secondsAToken =
      core::estimatedSecondsAToken(price.cost, price.memory, std::max(price.memoryRate, 1.0), core::kAssumedDiskRate);
}

}  // namespace app
