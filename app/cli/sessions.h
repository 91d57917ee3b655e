// Runs of the session database as JSON and as lines of text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/store_options.h"

namespace app {

// running, complete or interrupted; a run that its user stopped is interrupted as well.
std::string stateText(core::RunState state);

nlohmann::json runJson(const core::RunRow& row);
std::string runLine(const core::RunRow& row);

// Numbers stay numbers where JSON can hold them.
nlohmann::json tableRows(const core::QueryTable& table);
// Tab-separated, header first; control characters in values are escaped.
std::string tableText(const core::QueryTable& table);

}  // namespace app
