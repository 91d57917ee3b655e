// The byte alphabet of byte-level vocabularies (GPT-2 and all that followed it): each of the 256 bytes is written as
// one printable character. Printable Latin-1 stands for itself, the other 68 bytes are U+0100, U+0101, ... in order, so
// that a space is written as U+0120.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core {

std::string_view byteAsText(uint8_t byte);

// The bytes that a text in this alphabet stands for; none if one of its characters is not of the alphabet.
std::optional<std::string> bytesOfText(std::string_view text);

// Every byte of `bytes` written in the alphabet.
std::string writeInByteAlphabet(std::string_view bytes);

}  // namespace core
