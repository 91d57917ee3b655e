// Texts of tokens that a run does not hold itself: those that were likely but did not follow.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/trace/trace.h"

namespace app {

// From the tokenizer of the run's model, where that model is still there under its path or name and is the same by its
// hash; unset otherwise, and said on stderr: ids are shown then.
std::function<std::string(int32_t)> tokenTextOf(const core::Trace& trace);

}  // namespace app
