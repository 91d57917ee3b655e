#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "app/cli/console.h"
#include "app/cli/sessions.h"
#include "core/base/json.h"
#include "core/trace/run_info_json.h"

namespace app {

using Json = nlohmann::json;

namespace {
constexpr int kDeepestTree = 8;  // drawn
}

std::string stateText(core::RunState state) {
  const bool stopped = state == core::RunState::Cancelled;
  return std::string(core::runStateName(stopped ? core::RunState::Interrupted : state));
}

Json runJson(const core::RunRow& row) {
  return {{"id", row.id},
          {"created", row.created},
          {"model", row.model},
          {"prompt", row.prompt ? Json(*row.prompt) : Json(nullptr)},
          {"name", row.name},
          {"note", row.note},
          {"tags", row.tags},
          {"starred", row.starred},
          {"capture", core::captureName(row.capture)},
          {"state", stateText(row.state)},
          {"stopped_by_user", row.state == core::RunState::Cancelled},
          {"tokens", row.tokens},
          {"prompt_tokens", row.promptTokens},
          {"generated_tokens", row.generated()},
          {"dropped", row.dropped},
          {"origin", row.origin
                         ? Json{{"run", row.origin->parent}, {"token", row.origin->token}, {"kind", row.origin->kind}}
                         : Json(nullptr)}};
}

std::string runLine(const core::RunRow& row, int depth) {
  const std::string indent =
      depth > 0 ? std::string(static_cast<size_t>(2 * depth - 2), ' ') + "\u2514 " + row.origin->kind + ": " : "";
  const std::string text = indent + (!row.name.empty() ? row.name : row.prompt.value_or("(run on ids)"));
  std::string tags;
  for (const std::string& tag : row.tags) tags += " #" + tag;
  return fmt::format("{:>5}  {}  {}  {:<11}  {:>6} tokens  {:<7}  {}{}{}\n", row.id, row.created.substr(0, 16),
                     padded(visibleText(row.model), 16), stateText(row.state), row.tokens,
                     core::captureName(row.capture), row.starred ? "* " : "", visibleText(padded(text, 60)),
                     visibleText(tags));
}

std::vector<ListedRun> asTree(const std::vector<core::RunRow>& rows) {
  std::map<core::RunId, std::vector<const core::RunRow*>> children;
  std::set<core::RunId> listed;
  for (const core::RunRow& row : rows) listed.insert(row.id);
  std::vector<ListedRun> tree;
  const auto isRoot = [&](const core::RunRow& row) { return !row.origin || !listed.contains(row.origin->parent); };
  for (const core::RunRow& row : rows) {
    if (!isRoot(row)) children[row.origin->parent].push_back(&row);
  }
  std::set<core::RunId> placed;  // a foreign file may go round in circles
  const std::function<void(const core::RunRow&, int)> place = [&](const core::RunRow& row, int depth) {
    if (!placed.insert(row.id).second) return;
    tree.push_back({&row, depth});
    for (const core::RunRow* child : children[row.id]) place(*child, std::min(depth + 1, kDeepestTree));
  };
  for (const core::RunRow& row : rows) {
    if (isRoot(row)) place(row, 0);
  }
  for (const core::RunRow& row : rows) place(row, 0);
  return tree;
}

Json tableRows(const core::QueryTable& table) {
  Json rows = Json::array();
  for (size_t r = 0; r < table.rows.size(); ++r) {
    Json row = Json::array();
    for (size_t c = 0; c < table.rows[r].size(); ++c) {
      const auto& value = table.rows[r][c];
      Json cell = value ? Json(*value) : Json(nullptr);
      if (value && table.isNumber[r][c]) {
        // Infinities are numbers to SQLite, not to JSON: they stay text.
        if (const auto number = core::parseJson(*value, "value"); number && number->is_number()) cell = *number;
      }
      row.push_back(std::move(cell));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string tableText(const core::QueryTable& table) {
  std::string out;
  for (const std::string& column : table.columns) out += (out.empty() ? "" : "\t") + visibleText(column);
  out += "\n";
  for (const auto& row : table.rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) line += (c > 0 ? "\t" : "") + visibleText(row[c].value_or(""));
    out += line + "\n";
  }
  return out;
}

}  // namespace app
