#include "core/text/unicode.h"

#include <unicode/uchar.h>

#include <cstdint>

namespace core {
namespace {

// How many bytes follow a lead byte, and what the first of them may be (Unicode 15, table 3-7).
struct Lead {
  int more;
  uint8_t low, high;
};

Lead leadOf(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

uint32_t maskOf(char32_t code) { return U_MASK(u_charType(static_cast<UChar32>(code))); }

}  // namespace

Utf8Char utf8CharAt(std::string_view text, size_t at) {
  const auto byteAt = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byteAt(at);
  if (first < 0x80) return {first, 1, true, false};
  Lead lead = leadOf(first);
  if (lead.more == 0) return {0xFFFD, 1, false, false};
  char32_t code = first & (0x3Fu >> lead.more);
  size_t length = 1;
  for (; lead.more > 0; --lead.more, ++length) {
    if (at + length == text.size()) return {0xFFFD, length, false, true};
    const uint8_t byte = byteAt(at + length);
    if (byte < lead.low || byte > lead.high) return {0xFFFD, length, false, false};
    code = (code << 6) | (byte & 0x3Fu);
    lead.low = 0x80;
    lead.high = 0xBF;
  }
  return {code, length, true, false};
}

void appendUtf8(std::string& out, char32_t code) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

bool isValidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8CharAt(text, at);
    if (!c.valid) return false;
    at += c.length;
  }
  return true;
}

std::string repairUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const Utf8Char c = utf8CharAt(bytes, at);
    out += c.valid ? bytes.substr(at, c.length) : kReplacementCharacter;
    at += c.length;
  }
  return out;
}

std::string Utf8Assembler::push(std::string_view bytes) {
  m_pending += bytes;
  std::string out;
  size_t at = 0;
  while (at < m_pending.size()) {
    const Utf8Char c = utf8CharAt(m_pending, at);
    if (c.cutShort) break;
    out += c.valid ? std::string_view(m_pending).substr(at, c.length) : kReplacementCharacter;
    at += c.length;
  }
  m_pending.erase(0, at);
  return out;
}

std::string Utf8Assembler::flush() {
  const bool unfinished = !m_pending.empty();
  m_pending.clear();
  return unfinished ? std::string(kReplacementCharacter) : std::string();
}

bool isSpaceChar(char32_t code) { return u_hasBinaryProperty(static_cast<UChar32>(code), UCHAR_WHITE_SPACE); }

bool isWordChar(char32_t code) {
  return u_hasBinaryProperty(static_cast<UChar32>(code), UCHAR_ALPHABETIC) ||
         (maskOf(code) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(static_cast<UChar32>(code), UCHAR_JOIN_CONTROL);
}

bool isNumberChar(char32_t code) { return (maskOf(code) & U_GC_N_MASK) != 0; }

bool isPunctuationChar(char32_t code) {
  const bool ascii = (code >= 0x21 && code <= 0x2F) || (code >= 0x3A && code <= 0x40) ||
                     (code >= 0x5B && code <= 0x60) || (code >= 0x7B && code <= 0x7E);
  return ascii || (maskOf(code) & U_GC_P_MASK) != 0;
}

bool isMarkChar(char32_t code) { return (maskOf(code) & U_GC_M_MASK) != 0; }

bool isNonSpacingMark(char32_t code) { return (maskOf(code) & U_GC_MN_MASK) != 0; }

bool isControlChar(char32_t code) { return (maskOf(code) & (U_GC_C_MASK & ~U_GC_CN_MASK)) != 0; }

}  // namespace core
