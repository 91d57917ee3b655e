// The parts of the page as they lie in this folder, and their SHA-256 as hex digits.
#pragma once

#include <string_view>

namespace app {

extern const std::string_view kPageHtml, kPageStyle, kPageScript;
extern const std::string_view kPageStyleSha256, kPageScriptSha256;

}  // namespace app
