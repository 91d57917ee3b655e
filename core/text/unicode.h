// UTF-8 by hand: walking, repairing, assembling from bytes that come in pieces; and the few character classes that
// tokenizers ask for, as Unicode defines them. "Ill-formed part" is the Unicode standard's maximal subpart: the longest
// run of bytes that begins a character and can no longer become one; each gives one U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

struct Utf8Char {
  char32_t code = 0;      // U+FFFD where not valid
  size_t length = 0;      // bytes, at least 1
  bool valid = false;     // false: an ill-formed part
  bool cutShort = false;  // not valid only because the text ends here
};

// The character that begins at text[at]; `at` must be below text.size().
Utf8Char utf8CharAt(std::string_view text, size_t at);

void appendUtf8(std::string& out, char32_t code);

bool isValidUtf8(std::string_view text);

// Every ill-formed part becomes U+FFFD; valid text comes back unchanged.
std::string repairUtf8(std::string_view bytes);

// Gives out characters as soon as they are complete, and U+FFFD as soon as bytes can no longer become one.
class Utf8Assembler {
 public:
  std::string push(std::string_view bytes);
  std::string flush();  // an unfinished character gives U+FFFD

 private:
  std::string m_pending;  // at most 3 bytes between calls
};

bool isSpaceChar(char32_t code);        // White_Space
bool isWordChar(char32_t code);         // Alphabetic, M, Nd, Pc, Join_Control
bool isNumberChar(char32_t code);       // N: Nd, Nl, No
bool isPunctuationChar(char32_t code);  // P, and every ASCII punctuation mark
bool isMarkChar(char32_t code);         // M
bool isNonSpacingMark(char32_t code);   // Mn
bool isControlChar(char32_t code);      // Cc, Cf, Co, Cs: C but for code points that mean nothing yet

}  // namespace core
