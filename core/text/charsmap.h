// The precompiled character map of SentencePiece: a double-array trie from source strings to offsets into a block of
// zero-terminated replacement strings. Layout: uint32 little-endian trie size in bytes, the trie's uint32 units, the
// block. A unit holds (bit 31 | bits 7-0) the label, bit 8 whether a value follows, bits 30-10 the offset to the
// children, shifted by 8 where bit 9 is set; a value unit holds the value in bits 30-0.
// Source: SentencePiece normalizer.cc and darts-clone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

class CharsMap {
 public:
  struct Match {
    size_t length = 0;             // bytes of the source string
    std::string_view replacement;  // lives as long as the map
  };

  // Errors: cut short, or a trie that is longer than the data.
  static Result<CharsMap> parse(std::string_view bytes);

  // The shortest and the longest source string that `text` begins with.
  std::optional<Match> shortest(std::string_view text) const { return search(text, true); }
  std::optional<Match> longest(std::string_view text) const { return search(text, false); }

 private:
  std::optional<Match> search(std::string_view text, bool stopAtFirst) const;

  std::vector<uint32_t> m_units;
  std::string m_replacements;
};

// Errors: a character that is not of the base 64 alphabet, a length that cannot be.
Result<std::string> decodeBase64(std::string_view text);

}  // namespace core
