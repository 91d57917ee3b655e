// What is recorded of the logits of a token: the ten likeliest next tokens, the entropy of the prediction, and
// ln sum exp, from which surprisals follow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/thread_pool.h"
#include "core/engine/kernels/kernels.h"
#include "core/trace/hooks.h"

namespace core {

struct HeadRow {
  std::span<int32_t> ids;  // (kTopPredictions) best first, ties to the lower index; -1 behind a short vocabulary
  std::span<float> probabilities;  // (kTopPredictions) 0 where there is no id
  float entropy = 0;               // nats
  double logSum = 0;               // ln sum exp
};

// `scratch` is memory of the calling thread, kept between rows. `pool`: resting threads, for a row that comes alone.
void headRow(const kernels::Table& kernels, std::span<const float> logits /* (V) */, std::vector<float>& scratch,
             HeadRow& row, ThreadPool* pool = nullptr);

}  // namespace core
