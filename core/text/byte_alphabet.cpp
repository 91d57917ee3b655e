#include "core/text/byte_alphabet.h"

#include <array>

#include "core/text/unicode.h"

namespace core {
namespace {

struct Alphabet {
  std::array<std::string, 256> text;
  std::array<int, 0x144> byte{};  // by code point, -1: not of the alphabet

  Alphabet() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (uint32_t b = 0; b < 256; ++b) {
      const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      const char32_t code = printable ? b : next++;
      appendUtf8(text[b], code);
      byte[code] = static_cast<int>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

std::string_view byteAsText(uint8_t byte) { return alphabet().text[byte]; }

std::optional<std::string> bytesOfText(std::string_view text) {
  const Alphabet& letters = alphabet();
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8CharAt(text, at);
    if (!c.valid || c.code >= letters.byte.size() || letters.byte[c.code] < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(letters.byte[c.code]));
    at += c.length;
  }
  return bytes;
}

std::string writeInByteAlphabet(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) text += byteAsText(static_cast<uint8_t>(byte));
  return text;
}

}  // namespace core
