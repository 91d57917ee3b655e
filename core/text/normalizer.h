// The first step of a tokenizer: text to text. Kinds: NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend,
// Replace, Nmt, Precompiled, BertNormalizer, ByteLevel, Sequence, as in a tokenizer.json's `normalizer`.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/text/work_budget.h"

namespace core {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  // `text` and what comes back are valid UTF-8. Errors: the budget is spent, a pattern takes too long.
  virtual Result<std::string> apply(std::string text, WorkBudget& budget) const = 0;
};

// Null gives a null pointer: no normalizer. Errors: an unknown kind, a wrong member.
Result<std::unique_ptr<Normalizer>> makeNormalizer(const nlohmann::json& spec, const std::string& place);

}  // namespace core
