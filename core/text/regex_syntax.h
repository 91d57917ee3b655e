// From Oniguruma's Ruby syntax to PCRE2's.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

// What differs and is rewritten:
//   \s \S \w \W \h \H   Unicode's White_Space and word characters; \h is a hexadecimal digit
//   \uHHHH              \x{HHHH}
//   {,n}                {0,n}
//   X{n,m}+  X{n}?      a repeated repetition in Ruby, possessive and lazy in PCRE2: (?:X{n,m})+
//   (?m)                dot matches a newline: (?s). ^ and $ always match at lines: PCRE2_MULTILINE
// Nested classes and intersections ([a[b]] and [a&&b]) have no equal and are an error.
Result<std::string> toPcreSyntax(std::string_view pattern);

}  // namespace core
