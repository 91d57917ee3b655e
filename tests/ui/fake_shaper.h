// A TextShaper of plain arithmetic: every character has a width from its font and size, every glyph is a box. Nothing
// depends on fonts, so what is laid out with it is the same everywhere.
#pragma once

#include <map>
#include <string>

#include "ui/text_shaper.h"
#include "ui/utf8.h"

namespace test {

class FakeShaper : public ui::TextShaper {
 public:
  // About the widths of the real fonts: digits and mono letters 0.6 em, words 0.55 em on average, wide scripts 1 em.
  static float advance(char32_t c, const ui::TextStyle& style) {
    if (c >= 0x1100) return (c >= 0x2000 && c < 0x2100 ? 0.55f : 1.0f) * style.size;
    if (style.font == ui::TextFont::Numbers) return 0.6f * style.size;
    const bool narrow = c == ' ' || c == '.' || c == ',' || c == 'i' || c == 'l' || c == 't' || c == 0xB7;
    return (narrow ? 0.3f : style.weight >= 600 ? 0.61f : 0.585f) * style.size;
  }

  float width(std::string_view text, const ui::TextStyle& style) const override {
    float sum = 0;
    ui::forEachCodePoint(text, [&](char32_t c, std::string_view) { sum += advance(c, style); });
    return sum;
  }

  ui::TextMetrics metrics(const ui::TextStyle& style) const override {
    return {style.size * 0.97f, style.size * 0.24f, style.size * 0.727f};
  }

  const ui::ShapedText& shape(std::string_view text, const ui::TextStyle& style, float scale) override {
    const int size = static_cast<int>(style.size * scale * 0.6f) + 1;
    if (m_generation != m_atlas.generation()) {
      m_boxes.clear();
      m_generation = m_atlas.generation();
    }
    auto box = m_boxes.find(size);
    if (box == m_boxes.end()) {
      const std::vector<uint8_t> full(static_cast<size_t>(size) * static_cast<size_t>(size), 255);
      box = m_boxes.emplace(size, *m_atlas.addCoverage(size, size, full)).first;
    }
    m_run.glyphs.clear();
    float pen = 0;
    ui::forEachCodePoint(text, [&](char32_t c, std::string_view) {
      const float w = advance(c, style) * scale;
      if (c != ' ') {
        const auto side = static_cast<uint16_t>(size);
        const auto wide = static_cast<uint16_t>(std::min(static_cast<int>(w), size));
        m_run.glyphs.push_back(
            {static_cast<int16_t>(pen), static_cast<int16_t>(-size), wide, side, box->second.u, box->second.v, false});
      }
      pen += w;
    });
    m_run.width = pen / scale;
    m_run.generation = m_atlas.generation();
    return m_run;
  }

  const ui::GlyphAtlas& atlas() const override { return m_atlas; }

 private:
  ui::GlyphAtlas m_atlas;
  std::map<int, ui::GlyphAtlas::Place> m_boxes;
  ui::ShapedText m_run;
  uint32_t m_generation = 0;
};

}  // namespace test
