#include "core/snapshot/text_form.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

namespace core {
namespace {

// Bytes of the character that starts at `at`; 0 if there is none (cut short, overlong, surrogate, above U+10FFFF).
size_t characterLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0u; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned a = byte(at), b = byte(at + 1);
  if (a < 0x80) return 1;
  if (a >= 0xc2 && a <= 0xdf) return follows(at + 1) ? 2 : 0;
  if (a >= 0xe0 && a <= 0xef) {
    const bool wrong = (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f);
    return follows(at + 1) && follows(at + 2) && !wrong ? 3 : 0;
  }
  if (a >= 0xf0 && a <= 0xf4) {
    const bool wrong = (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f);
    return follows(at + 1) && follows(at + 2) && follows(at + 3) && !wrong ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string validUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = characterLength(text, at);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++at;
    } else {
      out.append(text.substr(at, length));
      at += length;
    }
  }
  return out;
}

std::string csvText(std::string_view text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@'").find(text[0]) != std::string_view::npos) out += '\'';
  for (const char c : validUtf8(text)) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"') {
      out += "\"\"";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string csvNumber(float value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

char* writeJsonNumber(char* to, float value) {
  if (std::isfinite(value)) return fmt::format_to(to, FMT_COMPILE("{}"), value);
  return std::copy_n("null", 4, to);
}

}  // namespace core
