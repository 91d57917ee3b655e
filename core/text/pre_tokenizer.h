// The second step of a tokenizer: cuts text into the pieces (words, say) that the model looks at one by one. Kinds:
// ByteLevel, Split, Digits, Whitespace, WhitespaceSplit, Punctuation, Metaspace, BertPreTokenizer, CharDelimiterSplit,
// Sequence, as in a tokenizer.json's `pre_tokenizer`.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/text/pieces.h"
#include "core/text/work_budget.h"

namespace core {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // Pieces that are added tokens stay as they are; empty ones vanish. Errors: the budget is spent, a pattern takes too
  // long.
  virtual Result<std::vector<Piece>> apply(std::vector<Piece> pieces, WorkBudget& budget) const = 0;
};

// Null gives a null pointer: no pre-tokenizer. Errors: an unknown kind, a wrong member.
Result<std::unique_ptr<PreTokenizer>> makePreTokenizer(const nlohmann::json& spec, const std::string& place);

// The members of a Metaspace step, which is a decoder as well.
struct MetaspaceOptions {
  std::string replacement;  // one character, U+2581 as a rule
  enum class Prepend { First, Always, Never } prepend = Prepend::Always;
  bool split = true;
};
Result<MetaspaceOptions> metaspaceOptions(const nlohmann::json& spec, const std::string& place);

}  // namespace core
