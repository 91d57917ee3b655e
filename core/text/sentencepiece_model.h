// What SentencePiece does with a text: its normalizer and its two models, with its float arithmetic, so that ties fall
// as they do there. Source: SentencePiece normalizer.cc, unigram_model.cc (EncodeOptimized), bpe_model.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/sentencepiece_file.h"
#include "core/text/work_budget.h"

namespace core {

class SentencePieceModel {
 public:
  explicit SentencePieceModel(std::shared_ptr<const SentencePieceFile> file);

  // Replaces by the character map, removes extra spaces, writes spaces as U+2581, adds the dummy prefix.
  Result<std::string> normalize(std::string_view text, WorkBudget& budget) const;

  struct Piece {
    std::string_view text;  // of the normalized text
    int32_t id = 0;
  };
  Result<std::vector<Piece>> cut(std::string_view normalized, WorkBudget& budget) const;

 private:
  struct Prefix {
    std::string_view replacement;
    size_t length = 0;  // bytes of the text that it replaces
  };
  Prefix normalizePrefix(std::string_view text) const;
  Result<std::vector<Piece>> cutUnigram(std::string_view text, WorkBudget& budget) const;
  Result<std::vector<Piece>> cutBpe(std::string_view text, WorkBudget& budget) const;
  size_t userDefinedPrefix(std::string_view text) const;  // bytes, 0: none
  PieceType typeOf(int32_t id) const { return m_file->types[static_cast<size_t>(id)]; }
  // The id of a piece that text can become (not a control piece, a byte or the unknown one), or -1.
  int32_t findPiece(std::string_view text) const;

  std::shared_ptr<const SentencePieceFile> m_file;
  PrefixIndex m_prefixes;
  bool m_hasUserDefined = false;
  float m_lowest = 0, m_highest = 0;  // scores of normal pieces
};

}  // namespace core
