// What a question to all sessions looks like when it is typed: "chose L3E12", "chose L3E12 first", "dropped first",
// "token the", "token #282". Words may come in any order; case does not matter.
#pragma once

#include <QString>
#include <functional>
#include <optional>
#include <variant>

#include "core/base/result.h"
#include "core/store/questions.h"

namespace app {

struct ParsedQuestion {
  std::variant<core::ChoiceQuestion, core::TokenQuestion> question;
  QString words;  // as understood: "first choices of L3E12 that were dropped"
};

// `idOf`: the id of a token's text, where a tokenizer is at hand. Error: what is expected, with an example.
core::Result<ParsedQuestion> parseQuestion(const QString& text,
                                           const std::function<std::optional<int32_t>(const QString&)>& idOf);

}  // namespace app
