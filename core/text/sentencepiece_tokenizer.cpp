#include "core/text/sentencepiece_tokenizer.h"

#include "core/base/json.h"
#include "core/text/json_fields.h"

namespace core {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

int hexDigit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

}  // namespace

Result<std::shared_ptr<const Tokenizer>> SentencePieceTokenizer::make(std::string_view bytes, std::string_view config,
                                                                      const std::string& place) {
  TRY_ASSIGN(SentencePieceFile file, parseSentencePiece(bytes, place));
  const auto tokenizer =
      std::make_shared<SentencePieceTokenizer>(std::make_shared<const SentencePieceFile>(std::move(file)));
  if (const Status applied = tokenizer->applyConfig(config); !applied) {
    return failAt("tokenizer_config.json", applied.error());
  }
  return tokenizer;
}

Result<std::shared_ptr<const Tokenizer>> SentencePieceTokenizer::make(SentencePieceFile file, std::string_view config) {
  const auto tokenizer =
      std::make_shared<SentencePieceTokenizer>(std::make_shared<const SentencePieceFile>(std::move(file)));
  TRY_STATUS(tokenizer->applyConfig(config));
  return tokenizer;
}

Status SentencePieceTokenizer::applyConfig(std::string_view text) {
  m_begin = m_file->begin;
  m_end = m_file->end;
  // Families that have a token for the beginning (Llama) begin with it; those that have none (T5) end with </s>.
  m_addBegin = m_begin.has_value();
  m_addEnd = !m_addBegin && m_end.has_value();
  if (text.empty()) return {};
  TRY_ASSIGN(const nlohmann::json config, parseJson(text, "config"));
  if (!config.is_object()) return fail("expected an object, found {}", config.type_name());
  TRY_ASSIGN(m_addBegin, optionalBool(config, "add_bos_token", m_addBegin, "config"));
  TRY_ASSIGN(m_addEnd, optionalBool(config, "add_eos_token", m_addEnd, "config"));
  if (m_addBegin && !m_begin) return fail("add_bos_token is true, but the model has no bos_id");
  if (m_addEnd && !m_end) return fail("add_eos_token is true, but the model has no eos_id");
  return {};
}

Result<std::vector<TextToken>> SentencePieceTokenizer::tokenize(std::string_view text, bool addSpecial) const {
  WorkBudget budget(text.size());
  TRY_ASSIGN(const std::string normalized, m_model.normalize(repairUtf8(text), budget));
  std::vector<TextToken> tokens;
  const auto put = [&](int32_t id) { tokens.push_back({id, tokenText(id)}); };
  if (addSpecial && m_addBegin) put(*m_begin);
  bool afterUnknown = false;
  TRY_ASSIGN(const std::vector<SentencePieceModel::Piece> pieces, m_model.cut(normalized, budget));
  for (const SentencePieceModel::Piece& piece : pieces) {
    const bool unknown = piece.id == m_file->unknown;
    if (unknown && m_file->byteFallback) {
      for (const char byte : piece.text) {
        put(m_file->pieces->find(fmt::format("<0x{:02X}>", static_cast<uint8_t>(byte))).value_or(m_file->unknown));
      }
    } else if (!(unknown && afterUnknown)) {  // neighbouring unknown characters are one token
      put(piece.id);
    }
    afterUnknown = unknown;
  }
  if (addSpecial && m_addEnd) put(*m_end);
  return tokens;
}

std::string SentencePieceTokenizer::decode(std::span<const int32_t> ids, bool) const {
  StreamState state;
  std::string text, bytes;
  // Each byte that is not part of a character gives one U+FFFD.
  const auto endBytes = [&] {
    for (size_t at = 0; at < bytes.size();) {
      const Utf8Char c = utf8CharAt(bytes, at);
      text += c.valid ? std::string_view(bytes).substr(at, c.length) : kReplacementCharacter;
      at += c.valid ? c.length : 1;
    }
    bytes.clear();
  };
  for (const int32_t id : ids) {
    if (!exists(id)) continue;
    if (const auto byte = byteOf(id)) {
      bytes += static_cast<char>(*byte);
      state.begun = true;
    } else {
      endBytes();
      text += surface(id, state);
    }
  }
  endBytes();
  return text;
}

std::optional<uint8_t> SentencePieceTokenizer::byteOf(int32_t id) const {
  if (m_file->types[static_cast<size_t>(id)] != PieceType::Byte) return std::nullopt;
  const std::string_view text = *m_file->pieces->text(id);
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  const int high = hexDigit(text[3]), low = hexDigit(text[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<uint8_t>(high * 16 + low);
}

std::string SentencePieceTokenizer::surface(int32_t id, StreamState& state) const {
  const PieceType type = m_file->types[static_cast<size_t>(id)];
  std::string text;
  if (type == PieceType::Unknown) {
    text = m_file->unknownSurface;
  } else if (type != PieceType::Control) {
    std::string_view piece = *m_file->pieces->text(id);
    if (!state.begun && (m_file->addDummyPrefix || m_file->removeExtraSpaces) && piece.starts_with(kSpace)) {
      piece.remove_prefix(kSpace.size());
      // Where extra spaces are removed all leading ones are, else only the dummy prefix.
      state.begun = !m_file->removeExtraSpaces;
    }
    for (size_t at = 0; at < piece.size();) {
      const bool space = piece.substr(at).starts_with(kSpace);
      text += space ? ' ' : piece[at];
      at += space ? kSpace.size() : 1;
    }
  }
  state.begun = state.begun || !text.empty();
  return text;
}

std::string SentencePieceTokenizer::streamBytes(int32_t id, StreamState& state) const {
  if (!exists(id)) return {};
  const auto byte = byteOf(id);
  if (!byte) return surface(id, state);
  state.begun = true;
  return std::string(1, static_cast<char>(*byte));
}

std::string SentencePieceTokenizer::tokenText(int32_t id) const {
  const auto text = m_file->pieces->text(id);
  return text ? std::string(*text) : std::string();
}

std::optional<int32_t> SentencePieceTokenizer::findToken(std::string_view tokenText) const {
  return m_file->pieces->find(tokenText);
}

bool SentencePieceTokenizer::isSpecial(int32_t id) const {
  return exists(id) && m_file->types[static_cast<size_t>(id)] == PieceType::Control;
}

}  // namespace core
