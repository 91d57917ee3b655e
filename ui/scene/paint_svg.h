// Scene -> SVG 1.1 with real, selectable text; what the text says is escaped, characters XML cannot hold are replaced.
// The sentence and the table of the scene become its title and description.
#pragma once

#include <string>

#include "ui/scene/scene.h"

namespace ui {

struct SvgOptions {
  std::optional<Colour> background;
  std::string wordsFamily = "Inter, sans-serif";
  std::string numbersFamily = "JetBrains Mono, monospace";
  std::string metadata;  // where the numbers come from, for programs; empty: no <metadata>
};

std::string paintSvg(const Scene& scene, const SvgOptions& options);

// Text for an XML text node or a quoted attribute. Input need not be valid UTF-8.
std::string escapeXml(std::string_view text);

}  // namespace ui
