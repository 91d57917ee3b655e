// What turns one pre-token (a word, say) into tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/work_budget.h"

namespace core {

struct TextToken {
  int32_t id = 0;
  // The text as the model saw it: the vocabulary's entry, or for an added token the stretch of input it took, or for an
  // unknown token of a unigram model the unknown text.
  std::string text;
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // Appends the tokens of `word` (valid UTF-8). Errors: text that the vocabulary cannot express, the time is
  // over.
  virtual Status tokenize(std::string_view word, WorkBudget& budget, std::vector<TextToken>& out) const = 0;
};

}  // namespace core
