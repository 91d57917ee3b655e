// Text that fits: elided in the middle, or wrapped into a number of lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ui/text_shaper.h"

namespace ui {

// The text itself if it fits, else its beginning and end with an ellipsis between; "" if not even the ellipsis fits.
std::string elideMiddle(const TextShaper& shaper, std::string_view text, const TextStyle& style, float width);

// Lines no wider than `width`, broken at spaces (inside of a word only where it is wider than a line). What does not
// fit into `maxLines` ends in an ellipsis.
std::vector<std::string> wrapText(const TextShaper& shaper, std::string_view text, const TextStyle& style, float width,
                                  int maxLines);

}  // namespace ui
