// Tokenizers: text to token ids and back, as the published library of each model family does it, id for id. The file
// decides: a Hugging Face tokenizer.json (byte-pair encoding or unigram) or a SentencePiece tokenizer.model.
//
// Everything is const and may be called from several threads at once. A tokenizer file is untrusted: its rules are
// bounded in time and memory, and a text that would exceed them is an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/text/token_model.h"
#include "core/text/unicode.h"

namespace core {

struct StreamState;

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // A folder with tokenizer.json, tokenizer.model or spiece.model (the first of these that is there), and perhaps
  // tokenizer_config.json; or the file itself, where the ending .model says SentencePiece. Errors: no such file,
  // a broken or unknown one; messages begin with the file.
  static Result<std::shared_ptr<const Tokenizer>> load(const std::filesystem::path& folderOrFile);

  // From the content of tokenizer.json and of tokenizer_config.json (empty: none).
  static Result<std::shared_ptr<const Tokenizer>> loadFromMemory(std::string_view json, std::string_view configJson);

  // From the content of a SentencePiece model.
  static Result<std::shared_ptr<const Tokenizer>> loadSentencePiece(std::string_view model,
                                                                    std::string_view configJson);

  // Ids and the text that each stands for. `text` is any bytes: what is not UTF-8 becomes U+FFFD first, one per
  // ill-formed part. Added tokens typed in the text are found. `addSpecial` adds what the post-processor adds, or what
  // tokenizer_config.json asks for (add_bos_token, add_eos_token) where that adds nothing.
  // Errors: the file's rules take too long or grow too large on this text, text that the vocabulary cannot express.
  virtual Result<std::vector<TextToken>> tokenize(std::string_view text, bool addSpecial) const = 0;
  Result<std::vector<int32_t>> encode(std::string_view text, bool addSpecial) const;

  // What the library's decode gives, always valid UTF-8; ids that do not exist give nothing.
  virtual std::string decode(std::span<const int32_t> ids, bool skipSpecial) const = 0;

  // The vocabulary's string ("Ġthe"); "" if there is no such id.
  virtual std::string tokenText(int32_t id) const = 0;
  // The text that a token adds in the middle of a text (" the"); bytes that are no whole character give U+FFFD.
  std::string pieceText(int32_t id) const;

  virtual std::optional<int32_t> findToken(std::string_view tokenText) const = 0;
  virtual int vocabularySize() const = 0;  // entries, with added tokens
  virtual int32_t largestId() const = 0;   // a model needs more rows of embeddings than this
  virtual bool isSpecial(int32_t id) const = 0;
  virtual bool addsSpecialTokens() const = 0;  // whether addSpecial makes a difference

  // From tokenizer_config.json, or what is added before and behind a text, or a special token of a usual name.
  std::optional<int32_t> beginOfSequence() const { return m_begin; }
  std::optional<int32_t> endOfSequence() const { return m_end; }

 protected:
  friend class StreamingDetokenizer;
  virtual StreamState startStream() const = 0;
  // The bytes that a token adds behind those that went before.
  virtual std::string streamBytes(int32_t id, StreamState& state) const = 0;

  std::optional<int32_t> m_begin, m_end;
};

// Text that is shown while it is made: never half a character. Bytes that can no longer become a character give one
// U+FFFD per ill-formed part, at once. Special tokens are shown
// (not the control pieces of SentencePiece, whose decoder leaves them out).
class StreamingDetokenizer {
 public:
  explicit StreamingDetokenizer(std::shared_ptr<const Tokenizer> tokenizer);
  ~StreamingDetokenizer();

  // All the text that can be shown after this token.
  std::string push(int32_t id);
  // What remains at the end: an unfinished character gives U+FFFD.
  std::string flush();

 private:
  std::shared_ptr<const Tokenizer> m_tokenizer;
  std::unique_ptr<StreamState> m_state;
  Utf8Assembler m_characters;
};

}  // namespace core
