#include "core/text/charsmap.h"

#include <algorithm>

namespace core {
namespace {

// The longest source strings of the published maps have some tens of bytes. A damaged trie may lead in circles.
constexpr size_t kMaxSourceBytes = 1024;

uint32_t readUint32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

int base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

Result<CharsMap> CharsMap::parse(std::string_view bytes) {
  if (bytes.size() < 8) return fail("character map of {} bytes; expected at least 8", bytes.size());
  const uint32_t trieBytes = readUint32(bytes, 0);
  if (trieBytes == 0 || trieBytes % 4 != 0 || trieBytes > bytes.size() - 4) {
    return fail("character map: trie of {} bytes in {} bytes of data; the file is damaged", trieBytes,
                bytes.size() - 4);
  }
  CharsMap map;
  map.m_units.resize(trieBytes / 4);
  for (size_t i = 0; i < map.m_units.size(); ++i) map.m_units[i] = readUint32(bytes, 4 + 4 * i);
  map.m_replacements = bytes.substr(4 + trieBytes);
  return map;
}

std::optional<CharsMap::Match> CharsMap::search(std::string_view text, bool stopAtFirst) const {
  const auto offsetOf = [](uint32_t unit) -> size_t { return size_t{unit >> 10} << ((unit & (1u << 9)) >> 6); };
  std::optional<Match> best;
  size_t node = offsetOf(m_units[0]);
  for (size_t i = 0; i < std::min(text.size(), kMaxSourceBytes) && text[i] != '\0'; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    node ^= byte;
    if (node >= m_units.size()) break;
    const uint32_t unit = m_units[node];
    if ((unit & 0x800000FFu) != byte) break;
    node ^= offsetOf(unit);
    if ((unit & 0x100u) == 0) continue;
    if (node >= m_units.size()) break;
    const size_t value = m_units[node] & 0x7FFFFFFFu;
    if (value >= m_replacements.size()) break;
    const size_t end = m_replacements.find('\0', value);
    best = Match{i + 1, std::string_view(m_replacements).substr(value, end == std::string::npos ? end : end - value)};
    if (stopAtFirst) break;
  }
  return best;
}

Result<std::string> decodeBase64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64Digit(c);
    if (digit < 0) return fail("not base 64: byte {}", static_cast<unsigned char>(c));
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>((bits >> count) & 0xFF));
    }
  }
  if (count == 6) return fail("not base 64: {} digits", text.size());
  return out;
}

}  // namespace core
