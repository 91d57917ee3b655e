// The engine on the processor. Weights stay in the mapped file as they are; sums are in float, in an order that depends
// on the shapes alone.
#pragma once

#include <memory>

#include "core/engine/engine.h"

namespace core {

// threads 0: as many as the process may use. Errors: a feature of the model that is not run yet.
Result<std::shared_ptr<Engine>> makeCpuEngine(std::shared_ptr<const Model> model, int threads = 0);

}  // namespace core
