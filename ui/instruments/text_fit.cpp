#include "ui/instruments/text_fit.h"

#include <algorithm>

#include "ui/utf8.h"

namespace ui {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr size_t kLongest = 512;  // characters that are looked at; nothing on the screen is longer

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty() && out.size() < kLongest) {
    const size_t bytes = decodeUtf8(text).bytes;
    out.push_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return out;
}

std::string joined(const std::vector<std::string_view>& parts, size_t first, size_t last) {
  std::string out;
  for (size_t i = first; i < last; ++i) out += parts[i];
  return out;
}

// The longest start of `text` that fits together with an ellipsis.
std::string elideEnd(const TextShaper& shaper, std::string_view text, const TextStyle& style, float width) {
  const std::vector<std::string_view> all = characters(text);
  size_t low = 0, high = all.size();
  while (low < high) {
    const size_t middle = (low + high + 1) / 2;
    if (shaper.width(joined(all, 0, middle) + std::string(kEllipsis), style) <= width) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  std::string out = joined(all, 0, low);
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out + std::string(kEllipsis);
}

}  // namespace

std::string elideMiddle(const TextShaper& shaper, std::string_view text, const TextStyle& style, float width) {
  if (shaper.width(text, style) <= width) return std::string(text);
  const std::vector<std::string_view> all = characters(text);
  const auto kept = [&](size_t count) {
    const size_t tail = count / 2, head = count - tail;
    return joined(all, 0, head) + std::string(kEllipsis) + joined(all, all.size() - tail, all.size());
  };
  size_t low = 0, high = all.empty() ? 0 : all.size() - 1;
  while (low < high) {
    const size_t middle = (low + high + 1) / 2;
    if (shaper.width(kept(middle), style) <= width) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  std::string out = kept(low);
  return shaper.width(out, style) <= width ? out : std::string();
}

std::vector<std::string> wrapText(const TextShaper& shaper, std::string_view text, const TextStyle& style, float width,
                                  int maxLines) {
  std::vector<std::string> lines;
  std::string rest(text);
  while (!rest.empty() && static_cast<int>(lines.size()) < maxLines) {
    if (shaper.width(rest, style) <= width) {
      lines.push_back(rest);
      return lines;
    }
    if (static_cast<int>(lines.size()) + 1 == maxLines) {
      lines.push_back(elideEnd(shaper, rest, style, width));
      return lines;
    }
    size_t taken = 0;
    for (size_t at = rest.find(' '); at != std::string::npos; at = rest.find(' ', at + 1)) {
      if (shaper.width(rest.substr(0, at), style) > width) break;
      taken = at;
    }
    if (taken == 0) {  // one word is wider than the line
      const std::vector<std::string_view> all = characters(rest);
      size_t count = 1;
      while (count < all.size() && shaper.width(joined(all, 0, count + 1), style) <= width) ++count;
      taken = joined(all, 0, count).size();
    }
    lines.push_back(rest.substr(0, taken));
    rest.erase(0, taken);
    rest.erase(0, std::min(rest.find_first_not_of(' '), rest.size()));
  }
  return lines;
}

}  // namespace ui
