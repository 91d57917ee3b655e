// One texture for all text: a page of fixed size in which glyph pictures are packed on shelves as they are first used.
// Texture coordinates never move while the page lives. When it is full it is cleared and its generation goes up:
// whoever holds glyph places asks for them again (painters compare the generation before and after a frame, and repeat
// it).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ui {

class GlyphAtlas {
 public:
  static constexpr int kSize = 2048;  // pixels a side

  struct Place {
    uint16_t u = 0, v = 0;  // top left, in pixels of the page
  };

  GlyphAtlas();

  // A coverage picture (width * height bytes), stored as white with that alpha. Empty: wider or higher than the page.
  std::optional<Place> addCoverage(int width, int height, std::span<const uint8_t> coverage);
  // A coloured picture (emoji), RGBA, not premultiplied, width * height * 4 bytes.
  std::optional<Place> addColour(int width, int height, std::span<const uint8_t> rgba);

  // RGBA rows of kSize pixels; only the first usedRows() of them are stored.
  const uint8_t* pixels() const { return m_pixels.data(); }
  int usedRows() const { return static_cast<int>(m_pixels.size() / (kSize * 4)); }
  uint32_t generation() const { return m_generation; }  // places of an older generation are void
  uint64_t revision() const { return m_revision; }      // goes up with every change of a pixel

  // The centre of a white, opaque area: the texture coordinate (0 to 1) of everything that is not text.
  static constexpr float kWhiteU = 2.0f / kSize, kWhiteV = 2.0f / kSize;

 private:
  std::optional<Place> reserve(int width, int height);
  void clear();

  std::vector<uint8_t> m_pixels;
  int m_shelfTop = 0, m_shelfHeight = 0, m_shelfX = 0;
  uint32_t m_generation = 0;
  uint64_t m_revision = 0;
};

}  // namespace ui
