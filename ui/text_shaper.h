// Text is shaped outside of `ui`: whoever hosts the instruments hands in a TextShaper (the app's uses Qt). Sizes are in
// logical pixels; glyph boxes in device pixels, already at the device scale.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ui/scene/glyph_atlas.h"

namespace ui {

enum class TextFont : uint8_t {
  Words,    // Inter
  Numbers,  // JetBrains Mono: numbers that can be compared, labels E08 and L3, hook names
  Token,    // Inter, falling back to fonts for every script and emoji: text from models and users
};

struct TextStyle {
  TextFont font = TextFont::Words;
  int weight = 400;  // 400, 500, 600
  float size = 12;   // logical pixels
  friend bool operator==(const TextStyle&, const TextStyle&) = default;
};

// Logical pixels above and below the baseline.
struct TextMetrics {
  float ascent = 0, descent = 0;
  float capHeight = 0;
};

// One glyph picture of the atlas, placed relative to the pen at the start of the run on the baseline, y down. Whole
// device pixels: painters snap the run to the pixel grid and copy pixels one to one; fractions are drawn into the
// picture.
struct Glyph {
  int16_t x = 0, y = 0;
  uint16_t width = 0, height = 0;
  uint16_t u = 0, v = 0;  // in the atlas
  bool coloured = false;  // keeps its own colours; only the alpha of the text applies
};

struct ShapedText {
  std::vector<Glyph> glyphs;
  float width = 0;          // logical pixels
  uint32_t generation = 0;  // of the atlas
};

class TextShaper {
 public:
  virtual ~TextShaper() = default;

  // Width of valid UTF-8 without line breaks, logical pixels.
  virtual float width(std::string_view text, const TextStyle& style) const = 0;
  virtual TextMetrics metrics(const TextStyle& style) const = 0;

  // The glyphs of a run at a device scale (1 to 3); kept until the next call that shapes. The implementation caches,
  // and shapes again what is of an older generation than the atlas.
  virtual const ShapedText& shape(std::string_view text, const TextStyle& style, float deviceScale) = 0;
  virtual const GlyphAtlas& atlas() const = 0;
};

}  // namespace ui
