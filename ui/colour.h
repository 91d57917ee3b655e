// A colour as painters take it: 8 bits a channel, sRGB, not premultiplied.
#pragma once

#include <cstdint>

namespace ui {

struct Colour {
  uint8_t r = 0, g = 0, b = 0, a = 255;
  friend bool operator==(const Colour&, const Colour&) = default;
};

constexpr Colour rgb(uint32_t hex) {
  return {static_cast<uint8_t>(hex >> 16), static_cast<uint8_t>(hex >> 8), static_cast<uint8_t>(hex), 255};
}

constexpr Colour withAlpha(Colour colour, double alpha) {
  colour.a = static_cast<uint8_t>(static_cast<int>(alpha * 510.0 + 1.0) / 2);
  return colour;
}

// `over` laid on an opaque `under`.
constexpr Colour blend(Colour under, Colour over) {
  const auto mix = [&](uint8_t u, uint8_t o) {
    return static_cast<uint8_t>((u * (255 - over.a) + o * over.a + 127) / 255);
  };
  return {mix(under.r, over.r), mix(under.g, over.g), mix(under.b, over.b), 255};
}

// WCAG 2 relative luminance (0 to 1) of an opaque colour, and the contrast ratio (1 to 21) of two.
double luminance(Colour colour);
double contrast(Colour a, Colour b);

}  // namespace ui
