#include "app/cli/json_lines.h"

#include <limits>

#include "app/cli/console.h"
#include "app/cli/input.h"
#include "core/base/json.h"

namespace app {
namespace {

core::Result<std::vector<int32_t>> idList(const nlohmann::json& list, const std::string& place) {
  if (!list.is_array()) return core::fail("{}: ids: expected a list of token ids", place);
  std::vector<int32_t> ids;
  for (const nlohmann::json& each : list) {
    const bool fits = each.is_number_unsigned() && each.get<uint64_t>() <= std::numeric_limits<int32_t>::max();
    if (!fits) return core::fail("{}: ids[{}]: expected a token id", place, ids.size());
    ids.push_back(each.get<int32_t>());
  }
  return ids;
}

}  // namespace

core::Result<InputLine> parseInputLine(const std::string& line, const std::string& place) {
  core::JsonLimits limits;
  limits.bytes = 40 * line.size() + (size_t{1} << 20);  // a line is bounded; a list of short numbers grows most
  TRY_ASSIGN(const nlohmann::json json, core::parseJson(line, place, limits));
  if (!json.is_object()) return core::fail("{}: expected an object with text or ids", place);
  const bool hasText = json.contains("text"), hasIds = json.contains("ids");
  if (hasText == hasIds) return core::fail("{}: expected either \"text\" or \"ids\"", place);
  InputLine input;
  if (hasIds) {
    TRY_ASSIGN(input.ids, idList(json["ids"], place));
    return input;
  }
  if (!json["text"].is_string()) return core::fail("{}: text: expected a string", place);
  input.text = json["text"].get<std::string>();
  return input;
}

Outcome answerLines(const std::function<core::Status(const InputLine&)>& answer) {
  LineReader reader(kMaxPromptBytes);
  int status = kDone;
  while (true) {
    TRY_ASSIGN(const std::optional<std::string> line, reader.next());
    if (!line) return status;
    if (line->find_first_not_of(" \t") == std::string::npos) continue;
    const std::string place = fmt::format("line {}", reader.number());
    const auto input = parseInputLine(*line, place);
    const core::Status done = input ? answer(*input) : core::Status(tl::unexpected<core::Error>(input.error()));
    if (!done && done.error().cancelled) return tl::unexpected<core::Error>(done.error());
    if (!done) {
      status = kFailed;
      const std::string& message = done.error().message;
      say(message.starts_with(place) ? message : place + ": " + message);
      nlohmann::json document = startDocument("error");
      document["line"] = reader.number();
      document["error"] = message;
      using Handler = nlohmann::json::error_handler_t;
      TRY_STATUS(print(document.dump(-1, ' ', true, Handler::replace) + "\n"));
    }
    TRY_STATUS(flushOutput());
  }
}

}  // namespace app
