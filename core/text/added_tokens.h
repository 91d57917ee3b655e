// Added tokens: strings such as <|endoftext|> that are looked for in the text before anything else happens to it. At
// the leftmost place where one begins the longest wins. They are looked for twice: those that are not `normalized` in
// the raw text, the others in the normalized text, where their own content is normalized too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/normalizer.h"
#include "core/text/pieces.h"
#include "core/text/vocabulary.h"

namespace core {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool singleWord = false;  // only where no word character is beside it
  bool lstrip = false;      // takes the white space before it along
  bool rstrip = false;      // takes the white space behind it along
  bool normalized = false;
  bool special = false;  // left out where text is decoded without special tokens
};

// Finds the longest of a set of strings at a place.
class StringSet {
 public:
  StringSet() = default;
  // Each string with a value of 0 or more. Of equal strings the first stays.
  explicit StringSet(const std::vector<std::pair<std::string, int32_t>>& strings);

  struct Hit {
    int32_t value = 0;
    Span span;
  };
  // The longest strings from left to right without overlap. Errors: the time is over.
  Result<std::vector<Hit>> findAll(std::string_view text, WorkBudget& budget) const;

 private:
  std::optional<PrefixIndex> m_strings;  // none: an empty set
  bool m_begins[256] = {};
};

class AddedTokens {
 public:
  // `tokens` as in the file. A content that is in the vocabulary keeps the vocabulary's id. Errors: an id that the
  // vocabulary gives to another text, one content or id twice with another meaning, the normalizer's errors.
  static Result<AddedTokens> make(std::vector<AddedToken> tokens, const Vocabulary& vocabulary,
                                  const Normalizer* normalizer);

  // Appends the pieces of `text`: the added tokens of the pass, and the text between them. `atStart`: text begins where
  // the whole text begins.
  Status split(std::string_view text, bool atStart, bool normalizedPass, WorkBudget& budget,
               std::vector<Piece>& out) const;

  const AddedToken* find(int32_t id) const;
  const AddedToken* find(std::string_view content) const;
  const std::vector<AddedToken>& all() const { return m_tokens; }

 private:
  std::vector<AddedToken> m_tokens;
  std::unordered_map<int32_t, size_t> m_byId;
  std::unordered_map<std::string, size_t> m_byContent;
  StringSet m_raw, m_normalized;  // values are indices into m_tokens
};

}  // namespace core
