// The content of a SentencePiece `tokenizer.model`: a protocol buffer of pieces, of what the trainer was told and of
// the normalizer. Field numbers: sentencepiece_model.proto.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/charsmap.h"
#include "core/text/vocabulary.h"

namespace core {

enum class PieceType : uint8_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

struct SentencePieceFile {
  std::shared_ptr<Vocabulary> pieces;  // ids 0, 1, 2, ...
  std::vector<float> scores;           // by id
  std::vector<PieceType> types;        // by id
  int32_t unknown = 0;
  bool unigram = true;  // else BPE
  bool byteFallback = false;
  bool spaceAsSuffix = false;
  std::optional<int32_t> begin, end;
  std::string unknownSurface = " \xE2\x81\x87 ";  // what an unknown token is decoded to

  std::optional<CharsMap> charsMap;  // none: text stays as it is
  bool addDummyPrefix = true;
  bool removeExtraSpaces = true;
  bool escapeSpaces = true;
};

// Errors: cut short, a length or number that does not fit, no pieces, a piece that is empty, double or not UTF-8, none
// or two unknown pieces, a kind of model other than unigram and BPE. Messages begin with `place`.
Result<SentencePieceFile> parseSentencePiece(std::string_view bytes, std::string_view place);

}  // namespace core
