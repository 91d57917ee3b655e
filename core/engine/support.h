// What the engines run today. A model that needs more is refused by name before anything is allocated for it.
#pragma once

#include "core/base/result.h"
#include "core/model/config.h"

namespace core {

// Error: the first feature of the model that no engine runs yet.
Status engineSupports(const ModelConfig& config);

}  // namespace core
