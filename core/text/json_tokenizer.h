// A tokenizer made from a tokenizer.json: added tokens, normalizer, added tokens again, pre-tokenizer, model,
// post-processor; and a decoder for the way back.
#pragma once

#include "core/text/added_tokens.h"
#include "core/text/decoder.h"
#include "core/text/post_processor.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/tokenizer.h"
#include "core/text/tokenizer_file.h"

namespace core {

class JsonTokenizer : public Tokenizer {
 public:
  // `config`: the content of tokenizer_config.json, empty if there is none. Messages begin with `place`.
  static Result<std::shared_ptr<const Tokenizer>> make(std::string_view json, std::string_view config,
                                                       const std::string& place);

  // From tables that were read elsewhere; `rest` holds what a tokenizer.json says beside them.
  static Result<std::shared_ptr<const Tokenizer>> make(TokenizerFile file, std::string_view config);

  Result<std::vector<TextToken>> tokenize(std::string_view text, bool addSpecial) const override;
  std::string decode(std::span<const int32_t> ids, bool skipSpecial) const override;
  std::string tokenText(int32_t id) const override;
  std::optional<int32_t> findToken(std::string_view tokenText) const override;
  int vocabularySize() const override { return m_size; }
  int32_t largestId() const override { return m_largestId; }
  bool isSpecial(int32_t id) const override;
  bool addsSpecialTokens() const override { return !m_postProcessor.empty(); }

 protected:
  StreamState startStream() const override;
  std::string streamBytes(int32_t id, StreamState& state) const override;

 private:
  Status build(TokenizerFile file);
  Status buildModel(const nlohmann::json& model, TokenizerFile& file);
  Status checkSpecials() const;
  Status applyConfig(std::string_view config);
  void guessSpecials();
  std::optional<std::string> find(int32_t id) const;

  std::shared_ptr<const Vocabulary> m_vocabulary;
  AddedTokens m_added;
  std::unique_ptr<Normalizer> m_normalizer;      // null: none
  std::unique_ptr<PreTokenizer> m_preTokenizer;  // null: none
  std::unique_ptr<TokenModel> m_model;
  PostProcessor m_postProcessor;
  std::unique_ptr<Decoder> m_decoder;
  int m_size = 0;
  int32_t m_largestId = -1;
};

}  // namespace core
