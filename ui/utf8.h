// Walking UTF-8 that may be broken: every byte that is no part of a valid character counts as one U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ui {

// Length in bytes of the character at the start of `text` (1 to 4) and its code point; U+FFFD and 1 where it is invalid
// (overlong, a surrogate, past U+10FFFF, cut short). `text` must not be empty.
struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;
};
CodePoint decodeUtf8(std::string_view text);

// body(char32_t, std::string_view bytes): bytes are valid UTF-8 ("\uFFFD" itself for what was invalid).
template <class Body>
void forEachCodePoint(std::string_view text, Body body) {
  while (!text.empty()) {
    const CodePoint c = decodeUtf8(text);
    const bool broken = c.value == 0xFFFD && c.bytes == 1;
    body(c.value, broken ? std::string_view("\xEF\xBF\xBD") : text.substr(0, c.bytes));
    text.remove_prefix(c.bytes);
  }
}

void appendUtf8(std::string& to, char32_t c);

}  // namespace ui
