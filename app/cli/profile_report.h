// Where the time of a run went, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/engine/profile.h"

namespace app {

// 0 to 1, of what was measured: where clocks of two devices disagree, the rows may come to more than the whole.
double shareOf(const core::Profile& profile, const core::Profile::Row& row);

// A line for each operation, most time first: share, seconds, calls, name.
std::string profileTable(const core::Profile& profile);

// {"seconds": S, "ops": [{"op", "seconds", "share", "calls"}]}; the shares add up to 1.
nlohmann::json profileJson(const core::Profile& profile);

}  // namespace app
