// The pre-tokenizers that GGUF files call by name (`tokenizer.ggml.pre`): what cuts a text into words before a
// byte-level BPE. The patterns are those of the models' own tokenizer.json; the names are llama.cpp's
// (src/llama-vocab.cpp).
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct GgufPreTokenizer {
  std::vector<std::string_view> names;
  std::vector<std::string_view> patterns;  // each cuts the pieces that the one before left: matches and what is between
  bool ignoreMerges = false;               // a word that is a token is taken whole
  bool addsBegin = false;                  // where no key says whether the first token is put before a text
};

// Null: a name that is not known.
const GgufPreTokenizer* ggufPreTokenizer(std::string_view name);
std::span<const GgufPreTokenizer> ggufPreTokenizers();

// As the `pre_tokenizer` and the `decoder` of a tokenizer.json.
nlohmann::json preTokenizerJson(const GgufPreTokenizer& row);
nlohmann::json byteLevelJson();

// The row that cuts as a tokenizer.json's `pre_tokenizer` does; null: none.
const GgufPreTokenizer* ggufPreTokenizerOf(const nlohmann::json& preTokenizer, bool ignoreMerges);

}  // namespace core
