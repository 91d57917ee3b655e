#include "ui/scene/glyph_atlas.h"

#include <algorithm>

#include "core/base/check.h"

namespace ui {

GlyphAtlas::GlyphAtlas() { clear(); }

void GlyphAtlas::clear() {
  constexpr int kWhite = 4;
  m_pixels.assign(static_cast<size_t>(kSize) * 4 * (kWhite + 1), 0);
  for (int y = 0; y < kWhite; ++y) {
    std::fill_n(m_pixels.begin() + static_cast<ptrdiff_t>(y) * kSize * 4, kWhite * 4, uint8_t{255});
  }
  m_shelfTop = 0;
  m_shelfHeight = kWhite + 1;
  m_shelfX = kWhite + 1;
  ++m_generation;
  ++m_revision;
}

std::optional<GlyphAtlas::Place> GlyphAtlas::reserve(int width, int height) {
  if (width <= 0 || height <= 0 || width >= kSize || height >= kSize) return std::nullopt;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (m_shelfX + width + 1 > kSize) {  // 1 px apart, so that no filter bleeds
      m_shelfTop += m_shelfHeight;
      m_shelfHeight = 0;
      m_shelfX = 0;
    }
    if (m_shelfTop + height + 1 <= kSize) {
      m_shelfHeight = std::max(m_shelfHeight, height + 1);
      const size_t rows = static_cast<size_t>(m_shelfTop) + static_cast<size_t>(m_shelfHeight);
      if (m_pixels.size() < rows * kSize * 4) m_pixels.resize(rows * kSize * 4, 0);
      const Place place{static_cast<uint16_t>(m_shelfX), static_cast<uint16_t>(m_shelfTop)};
      m_shelfX += width + 1;
      ++m_revision;
      return place;
    }
    clear();
  }
  return std::nullopt;
}

std::optional<GlyphAtlas::Place> GlyphAtlas::addCoverage(int width, int height, std::span<const uint8_t> coverage) {
  const std::optional<Place> place = reserve(width, height);
  if (!place) return place;
  CHECK(coverage.size() >= static_cast<size_t>(width) * height, "{} bytes of coverage for {} x {}", coverage.size(),
        width, height);
  for (int y = 0; y < height; ++y) {
    uint8_t* to = m_pixels.data() + (static_cast<size_t>(place->v + y) * kSize + place->u) * 4;
    for (int x = 0; x < width; ++x, to += 4) {
      to[0] = to[1] = to[2] = 255;
      to[3] = coverage[static_cast<size_t>(y) * width + x];
    }
  }
  return place;
}

std::optional<GlyphAtlas::Place> GlyphAtlas::addColour(int width, int height, std::span<const uint8_t> rgba) {
  const std::optional<Place> place = reserve(width, height);
  if (!place) return place;
  CHECK(rgba.size() >= static_cast<size_t>(width) * height * 4, "{} bytes of colour for {} x {}", rgba.size(), width,
        height);
  for (int y = 0; y < height; ++y) {
    std::copy_n(rgba.data() + static_cast<size_t>(y) * width * 4, static_cast<size_t>(width) * 4,
                m_pixels.data() + (static_cast<size_t>(place->v + y) * kSize + place->u) * 4);
  }
  return place;
}

}  // namespace ui
