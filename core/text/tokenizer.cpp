#include "core/text/tokenizer.h"

#include <fstream>

#include "core/text/decoder.h"
#include "core/text/json_tokenizer.h"
#include "core/text/sentencepiece_tokenizer.h"

namespace core {
namespace {

namespace fs = std::filesystem;

Result<std::string> readWhole(const fs::path& path, size_t most) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error) return fail("{}: cannot be read: {}", path.string(), error.message());
  if (size > most) return fail("{}: {} bytes; at most {} are read", path.string(), size, most);
  std::ifstream in(path, std::ios::binary);
  std::string content(static_cast<size_t>(size), '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!in || static_cast<size_t>(in.gcount()) != content.size()) return fail("{}: cannot be read", path.string());
  return content;
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::load(const fs::path& folderOrFile) {
  std::error_code error;
  fs::path file = folderOrFile;
  if (fs::is_directory(folderOrFile, error)) {
    for (const char* name : {"spiece.model", "tokenizer.model", "tokenizer.json"}) {
      if (fs::exists(folderOrFile / name, error)) file = folderOrFile / name;
    }
  }
  if (!fs::is_regular_file(file, error)) {
    return fail("{}: no tokenizer; expected a tokenizer.json or a tokenizer.model there", folderOrFile.string());
  }
  const fs::path configFile = file.parent_path() / "tokenizer_config.json";
  std::string config;
  if (fs::is_regular_file(configFile, error)) {
    TRY_ASSIGN(config, readWhole(configFile, kMaxTokenizerBytes));
  }
  TRY_ASSIGN(const std::string content, readWhole(file, kMaxTokenizerBytes));
  if (file.extension() == ".model") return SentencePieceTokenizer::make(content, config, file.string());
  return JsonTokenizer::make(content, config, file.string());
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::loadFromMemory(std::string_view json, std::string_view configJson) {
  return JsonTokenizer::make(json, configJson, "tokenizer.json");
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::loadSentencePiece(std::string_view model,
                                                                      std::string_view configJson) {
  return SentencePieceTokenizer::make(model, configJson, "tokenizer.model");
}

Result<std::vector<int32_t>> Tokenizer::encode(std::string_view text, bool addSpecial) const {
  TRY_ASSIGN(const std::vector<TextToken> tokens, tokenize(text, addSpecial));
  std::vector<int32_t> ids;
  ids.reserve(tokens.size());
  for (const TextToken& token : tokens) ids.push_back(token.id);
  return ids;
}

std::string Tokenizer::pieceText(int32_t id) const {
  StreamState state = startStream();
  state.first = false;
  state.begun = true;
  for (StreamState::Strip& strip : state.strips) strip.toStrip = 0;
  std::string bytes = streamBytes(id, state);
  for (const StreamState::Strip& strip : state.strips) bytes += strip.held;
  return repairUtf8(bytes);
}

StreamingDetokenizer::StreamingDetokenizer(std::shared_ptr<const Tokenizer> tokenizer)
    : m_tokenizer(std::move(tokenizer)), m_state(std::make_unique<StreamState>(m_tokenizer->startStream())) {}

StreamingDetokenizer::~StreamingDetokenizer() = default;

std::string StreamingDetokenizer::push(int32_t id) { return m_characters.push(m_tokenizer->streamBytes(id, *m_state)); }

std::string StreamingDetokenizer::flush() {
  *m_state = m_tokenizer->startStream();
  return m_characters.flush();
}

}  // namespace core
