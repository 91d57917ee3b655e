// Text of models and users in files that other programs open.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core {

// A CSV field, quoted. Control characters and the backslash become escapes (\n, \u001b, \\), so that a row is a line;
// bytes that are not UTF-8 become U+FFFD; a text that a spreadsheet would take for a formula (= + - @) or that begins
// with an apostrophe gets an apostrophe in front.
std::string csvText(std::string_view text);

// The shortest decimal that reads back as the same float; "" where it is not finite (CSV), or "null" (JSON).
std::string csvNumber(float value);
char* writeJsonNumber(char* to, float value);  // at most kLongestJsonNumber characters; the place behind them
constexpr size_t kLongestJsonNumber = 32;

// Well-formed UTF-8: each byte that belongs to no character becomes U+FFFD.
std::string validUtf8(std::string_view text);

}  // namespace core
