// The content of a tokenizer.json. Its two large tables, the vocabulary and the merges, go from the parser straight
// into flat tables; only the rest is built as a document.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/added_tokens.h"
#include "core/text/vocabulary.h"

namespace core {

struct TokenizerFile {
  nlohmann::json rest;  // everything but the tables
  std::shared_ptr<Vocabulary> vocabulary;
  bool vocabularyIsList = false;  // of [text, score] (Unigram), not an object of ids (BPE)
  std::vector<double> scores;     // of a list, by id
  MergeTable merges;
  bool hasMerges = false;
  std::vector<AddedToken> addedTokens;
};

// Errors: not valid JSON, nested too deep, larger than kMaxTokenizerBytes, a table of the wrong form, an id that is not
// a number from 0 to 2^31 - 1, a merge whose parts or result are not in the vocabulary. Messages begin with `place`.
Result<TokenizerFile> parseTokenizerFile(std::string_view json, std::string_view place);

constexpr size_t kMaxTokenizerBytes = size_t{128} << 20;

}  // namespace core
