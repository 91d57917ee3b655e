// Lines {"text": ...} or {"ids": [...]} from standard input, a JSON document a line out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/command.h"

namespace app {

// One of the two is there.
struct InputLine {
  std::optional<std::string> text;
  std::vector<int32_t> ids;
};

core::Result<InputLine> parseInputLine(const std::string& line, const std::string& place);

// Calls `answer` for each line; it prints the line's document. An error of one line is printed as a document
// {"schema": "expertscope.error", "line": 3, "error": ...} in its place and the rest goes on; the status is then 1.
// Errors that end everything: standard input or output fails, the user interrupts.
Outcome answerLines(const std::function<core::Status(const InputLine&)>& answer);

}  // namespace app
