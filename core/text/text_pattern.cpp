#include "core/text/text_pattern.h"

#include "core/text/json_fields.h"

namespace core {

Result<TextPattern> TextPattern::make(const nlohmann::json& object, const char* name, std::string_view place) {
  const std::string here = fmt::format("{}.{}", place, name);
  const nlohmann::json* member = jsonMember(object, name);
  TextPattern pattern;
  if (member != nullptr && member->is_string()) {
    pattern.m_pattern = member->get_ref<const std::string&>();
  } else if (member != nullptr && member->is_object() && member->contains("Regex")) {
    TRY_ASSIGN(const std::string text, requireText(*member, "Regex", here));
    Result<Regex> regex = Regex::compile(text);
    if (!regex) return failAt(here, regex.error());
    pattern.m_pattern = std::move(*regex);
    return pattern;
  } else if (member != nullptr && member->is_object()) {
    TRY_ASSIGN(pattern.m_pattern, requireText(*member, "String", here));
  } else {
    return fail("{}: expected {{\"String\": ...}} or {{\"Regex\": ...}}", here);
  }
  if (std::get<std::string>(pattern.m_pattern).empty()) return fail("{}: expected some text, found an empty one", here);
  return pattern;
}

Result<std::vector<Span>> TextPattern::findAll(std::string_view text, const WorkBudget& budget) const {
  if (const auto* regex = std::get_if<Regex>(&m_pattern)) return regex->findAll(text, budget);
  const auto& literal = std::get<std::string>(m_pattern);
  std::vector<Span> matches;
  for (size_t at = text.find(literal); at != text.npos; at = text.find(literal, at + literal.size())) {
    matches.push_back({at, at + literal.size()});
  }
  return matches;
}

Result<std::string> replaceAll(std::string_view text, const TextPattern& pattern, std::string_view content,
                               WorkBudget& budget) {
  TRY_ASSIGN(const std::vector<Span> matches, pattern.findAll(text, budget));
  TRY_STATUS(budget.charge(text.size() + matches.size() * content.size()));
  std::string out;
  size_t at = 0;
  for (const Span& match : matches) {
    out += text.substr(at, match.begin - at);
    out += content;
    at = match.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace core
