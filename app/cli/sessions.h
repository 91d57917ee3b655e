// Runs of the session database as JSON and as lines of text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/store_options.h"

namespace app {

// running, complete or interrupted; a run that its user stopped is interrupted as well.
std::string stateText(core::RunState state);

nlohmann::json runJson(const core::RunRow& row);
// `depth`: how far below the run it was made from it stands.
std::string runLine(const core::RunRow& row, int depth = 0);

// Runs with those that were made from them below, each at its depth; the order is kept otherwise. A run whose parent is
// not among them stands by itself.
struct ListedRun {
  const core::RunRow* row = nullptr;
  int depth = 0;
};
std::vector<ListedRun> asTree(const std::vector<core::RunRow>& rows);

// Numbers stay numbers where JSON can hold them.
nlohmann::json tableRows(const core::QueryTable& table);
// Tab-separated, header first; control characters in values are escaped.
std::string tableText(const core::QueryTable& table);

}  // namespace app
