// Where the gradient would push, for `replay --push`: as JSON (core/trace/push.h) and as a table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/trace/push.h"

namespace app {

// Of one token in one layer: every loss, and the weight of each of its choices. Errors: no such place, nothing recorded
// there.
core::Result<nlohmann::json> pushDocument(const core::Trace& trace, const core::Policy& policy, int layer, int token);

// A line for each, a column for each expert.
std::string pushTable(const nlohmann::json& push);

}  // namespace app
