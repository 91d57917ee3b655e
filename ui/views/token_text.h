// A token's text made visible: spaces in front as middle dots, line ends, tabs and control characters as signs, nothing
// that turns or hides its neighbours.
#pragma once

#include <string>
#include <string_view>

namespace ui {

struct TokenText {
  std::string dots;  // one middle dot a leading space, drawn fainter
  std::string rest;  // never empty unless there are dots
  std::string whole() const { return dots + rest; }
  friend bool operator==(const TokenText&, const TokenText&) = default;
};

TokenText visibleToken(std::string_view text);

// The text as prose quotes it: visible, with plain spaces in front.
std::string quotedToken(std::string_view text);

}  // namespace ui
