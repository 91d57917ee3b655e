#include "ui/views/token_text.h"

#include <fmt/format.h>

#include "ui/utf8.h"

namespace ui {
namespace {

// Characters without ink that change what stands around them: zero width, direction marks and overrides, and the rest
// of the format controls that fonts draw as nothing.
bool hides(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         c == 0xAD || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

// What a zero width joiner makes one picture of: families, professions, flags. There it hides nothing.
bool isPictograph(char32_t c) {
  return (c >= 0x1F000 && c <= 0x1FAFF) || (c >= 0x2190 && c <= 0x2BFF) || c == 0xFE0F || c == 0x3030 || c == 0x303D;
}

void appendVisible(std::string& to, char32_t c, std::string_view bytes) {
  if (c == '\n') {
    to += "\u21B5";
  } else if (c == '\t') {
    to += "\u21E5";
  } else if (c < 0x20) {
    appendUtf8(to, 0x2400 + c);
  } else if (c == 0x7F) {
    to += "\u2421";
  } else if ((c >= 0x80 && c <= 0x9F) || hides(c)) {
    to += fmt::format("\u2039{:04X}\u203A", static_cast<uint32_t>(c));
  } else {
    to += bytes;
  }
}

void appendAllVisible(std::string& to, std::string_view text) {
  constexpr char32_t kJoiner = 0x200D;
  char32_t before = 0;
  while (!text.empty()) {
    forEachCodePoint(text.substr(0, decodeUtf8(text).bytes), [&](char32_t c, std::string_view bytes) {
      const std::string_view rest = text.substr(decodeUtf8(text).bytes);
      const bool joins = c == kJoiner && isPictograph(before) && !rest.empty() && isPictograph(decodeUtf8(rest).value);
      joins ? void(to += bytes) : appendVisible(to, c, bytes);
      before = c;
    });
    text.remove_prefix(decodeUtf8(text).bytes);
  }
}

}  // namespace

TokenText visibleToken(std::string_view text) {
  TokenText out;
  size_t spaces = 0;
  while (spaces < text.size() && text[spaces] == ' ') ++spaces;
  for (size_t i = 0; i < spaces; ++i) out.dots += "\u00B7";
  text.remove_prefix(spaces);
  appendAllVisible(out.rest, text);
  if (out.dots.empty() && out.rest.empty()) out.rest = "\u2205";
  return out;
}

std::string quotedToken(std::string_view text) {
  std::string out;
  appendAllVisible(out, text);
  return out;
}

}  // namespace ui
