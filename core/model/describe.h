// A model's config in words and counts, for `inspect` and for people: what a run would compute, in the order in which
// it happens.
#pragma once

#include <string>
#include <vector>

#include "core/model/model.h"

namespace core {

// "softmax over 16 experts, the best 2, weights as scored", one step a line.
std::vector<std::string> describeRun(const ModelConfig& config);

// "dense, 60 neurons, window 9" or "16 experts of 96 neurons, 2 chosen; shared expert of 96".
std::string describeLayer(const ModelConfig& config, int layer);

// Keys and values that a context keeps of one token, of all layers. Latent attention keeps them as every head sees
// them.
int64_t cacheBytesPerToken(const ModelConfig& config);

struct ParameterCount {
  int64_t total = 0;
  int64_t active = 0;  // used for one token: all but the experts that are not chosen; embedding and output included
};
ParameterCount countParameters(const Model& model);

}  // namespace core
