// The pattern of a Replace or Split step: a literal string or a regular expression.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "core/text/regex.h"

namespace core {

class TextPattern {
 public:
  // From `{"String": "..."}`, `{"Regex": "..."}` or a plain string. Errors: another form, an empty string, a pattern
  // that does not compile.
  static Result<TextPattern> make(const nlohmann::json& object, const char* name, std::string_view place);

  Result<std::vector<Span>> findAll(std::string_view text, const WorkBudget& budget) const;
  bool isLiteral() const { return std::holds_alternative<std::string>(m_pattern); }

 private:
  std::variant<std::string, Regex> m_pattern;
};

// `text` with every match of `pattern` replaced by `content`. Errors: the pattern's, the budget's.
Result<std::string> replaceAll(std::string_view text, const TextPattern& pattern, std::string_view content,
                               WorkBudget& budget);

}  // namespace core
