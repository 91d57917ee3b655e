// A tokenizer made from a SentencePiece `tokenizer.model`. Control pieces (<s>) typed in a text are plain text here.
#pragma once

#include "core/text/decoder.h"
#include "core/text/sentencepiece_model.h"
#include "core/text/tokenizer.h"

namespace core {

class SentencePieceTokenizer : public Tokenizer {
 public:
  // `config`: the content of tokenizer_config.json, empty if there is none. Messages begin with `place`.
  static Result<std::shared_ptr<const Tokenizer>> make(std::string_view bytes, std::string_view config,
                                                       const std::string& place);

  // From pieces that were read elsewhere.
  static Result<std::shared_ptr<const Tokenizer>> make(SentencePieceFile file, std::string_view config);

  Result<std::vector<TextToken>> tokenize(std::string_view text, bool addSpecial) const override;
  std::string decode(std::span<const int32_t> ids, bool skipSpecial) const override;
  std::string tokenText(int32_t id) const override;
  std::optional<int32_t> findToken(std::string_view tokenText) const override;
  int vocabularySize() const override { return static_cast<int>(m_file->types.size()); }
  int32_t largestId() const override { return static_cast<int32_t>(m_file->types.size()) - 1; }
  bool isSpecial(int32_t id) const override;
  bool addsSpecialTokens() const override { return m_addBegin || m_addEnd; }

  SentencePieceTokenizer(std::shared_ptr<const SentencePieceFile> file) : m_file(file), m_model(std::move(file)) {}

 protected:
  StreamState startStream() const override { return {}; }
  std::string streamBytes(int32_t id, StreamState& state) const override;

 private:
  Status applyConfig(std::string_view config);
  bool exists(int32_t id) const { return id >= 0 && static_cast<size_t>(id) < m_file->types.size(); }
  std::optional<uint8_t> byteOf(int32_t id) const;
  // The text of a piece that is no byte; a space at the beginning of the whole text is left out.
  std::string surface(int32_t id, StreamState& state) const;

  std::shared_ptr<const SentencePieceFile> m_file;
  SentencePieceModel m_model;
  bool m_addBegin = false, m_addEnd = false;
};

}  // namespace core
