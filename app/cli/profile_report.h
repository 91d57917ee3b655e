// Where the time of a run went, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/engine/profile.h"

namespace app {

// A line for each operation, most time first: share, seconds, calls, name.
std::string profileTable(const core::Profile& profile);

// {"seconds": S, "ops": [{"op", "seconds", "share", "calls"}]}; the shares add up to 1.
nlohmann::json profileJson(const core::Profile& profile);

}  // namespace app
