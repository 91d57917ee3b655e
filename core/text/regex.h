// Regular expressions of tokenizer files. They are written for Oniguruma in its Ruby syntax; here they are rewritten
// (regex_syntax.h) and run by PCRE2, compiled to machine code where PCRE2 can. A pattern comes from an untrusted file
// and may backtrack for ever, so every search is bounded three ways: steps per starting place, memory, and the time of
// the whole call, looked at between groups of starting places.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/text/work_budget.h"

namespace core {

struct Span {
  size_t begin = 0, end = 0;  // bytes
};

class Regex {
 public:
  // Errors: not a pattern, too large, too deep, or of a kind that has no equal in PCRE2.
  static Result<Regex> compile(std::string_view pattern);

  // All matches from left to right in valid UTF-8 `text`. An empty match directly after a match does not count.
  // Errors: the pattern takes too many steps, too much memory or too long on this text.
  Result<std::vector<Span>> findAll(std::string_view text, const WorkBudget& budget) const;

 private:
  struct Code;
  std::string m_shown;  // the pattern, for messages, cut short
  std::shared_ptr<Code> m_code;
};

}  // namespace core
