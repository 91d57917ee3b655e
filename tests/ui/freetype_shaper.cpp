#include "tests/ui/freetype_shaper.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>

#include "ui/utf8.h"

namespace test {
namespace {

std::string fontFile(const ui::TextStyle& style) {
  const bool numbers = style.font == ui::TextFont::Numbers;
  const char* weight = style.weight >= 600 ? "SemiBold" : style.weight >= 500 ? "Medium" : "Regular";
  return numbers ? std::string("/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-") + weight + ".ttf"
                 : std::string("/usr/share/fonts/opentype/inter/Inter-") + weight + ".otf";
}

}  // namespace

struct FreeTypeShaper::State {
  FT_Library library = nullptr;
  std::map<std::string, FT_Face> faces;
  ui::GlyphAtlas atlas;
  struct Key {
    std::string file;
    int size, glyph, phase;
    auto operator<=>(const Key&) const = default;  // NOLINT(modernize-use-nullptr): misread by clang-tidy 14
  };
  std::map<Key, ui::Glyph> glyphs;
  uint32_t generation = 0;
  ui::ShapedText run;
  std::map<std::tuple<std::string, float, std::string>, ui::ShapedText> runs;
  std::map<std::pair<std::string, std::string>, float> widths;

  FT_Face face(const std::string& file) {
    FT_Face& face = faces[file];
    if (!face && FT_New_Face(library, file.c_str(), 0, &face) != 0) throw std::runtime_error("no font " + file);
    return face;
  }

  // Walks the glyphs with unhinted advances: body(face, glyph, pen x in pixels).
  template <class Body>
  float walk(std::string_view text, const ui::TextStyle& style, float scale, Body body) {
    const std::string own = fontFile(style);
    ui::TextStyle otherStyle = style;
    otherStyle.font = style.font == ui::TextFont::Numbers ? ui::TextFont::Words : ui::TextFont::Numbers;
    const std::string other = fontFile(otherStyle);
    float pen = 0;
    ui::forEachCodePoint(text, [&](char32_t c, std::string_view) {
      if (c == 0x202F) {
        pen += style.font == ui::TextFont::Numbers ? style.size * 0.6f * scale : style.size * 0.2f * scale;
        return;
      }
      const std::string* file = &own;
      FT_UInt glyph = FT_Get_Char_Index(face(own), c);
      if (glyph == 0) {
        const FT_UInt found = FT_Get_Char_Index(face(other), c);
        if (found != 0) {
          glyph = found;
          file = &other;
        }
      }
      FT_Face f = face(*file);
      FT_Set_Char_Size(f, 0, static_cast<FT_F26Dot6>(std::lround(style.size * scale * 64)), 72, 72);
      FT_Load_Glyph(f, glyph, FT_LOAD_NO_HINTING);
      const float advance = static_cast<float>(f->glyph->linearHoriAdvance) / 65536.0f;
      body(*file, f, glyph, pen);
      pen += advance;
    });
    return pen;
  }
};

FreeTypeShaper::FreeTypeShaper() : m_state(std::make_unique<State>()) {
  if (FT_Init_FreeType(&m_state->library) != 0) throw std::runtime_error("FreeType does not start");
}

FreeTypeShaper::~FreeTypeShaper() { FT_Done_FreeType(m_state->library); }

float FreeTypeShaper::width(std::string_view text, const ui::TextStyle& style) const {
  const auto key = std::pair{fontFile(style) + "@" + std::to_string(style.size), std::string(text)};
  const auto known = m_state->widths.find(key);
  if (known != m_state->widths.end()) return known->second;
  const float w = m_state->walk(text, style, 1.0f, [](const std::string&, FT_Face, FT_UInt, float) {});
  m_state->widths.emplace(key, w);
  return w;
}

ui::TextMetrics FreeTypeShaper::metrics(const ui::TextStyle& style) const {
  return {style.size * 0.97f, style.size * 0.24f, style.size * 0.727f};
}

const ui::ShapedText& FreeTypeShaper::shape(std::string_view text, const ui::TextStyle& style, float deviceScale) {
  State& s = *m_state;
  if (s.generation != s.atlas.generation()) {
    s.glyphs.clear();
    s.runs.clear();
    s.generation = s.atlas.generation();
  }
  const auto runKey = std::tuple{fontFile(style), style.size * deviceScale, std::string(text)};
  const auto shaped = s.runs.find(runKey);
  if (shaped != s.runs.end()) return shaped->second;
  s.run.glyphs.clear();
  const int size = static_cast<int>(std::lround(style.size * deviceScale * 64));
  const float pen =
      s.walk(text, style, deviceScale, [&](const std::string& file, FT_Face face, FT_UInt index, float x) {
        const float whole = std::floor(x);
        const int phase = static_cast<int>((x - whole) * 4);
        const State::Key key{file, size, static_cast<int>(index), phase};
        auto known = s.glyphs.find(key);
        if (known == s.glyphs.end()) {
          FT_Outline_Translate(&face->glyph->outline, phase * 16, 0);
          FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL);
          const FT_Bitmap& b = face->glyph->bitmap;
          ui::Glyph g;
          g.x = static_cast<int16_t>(face->glyph->bitmap_left);
          g.y = static_cast<int16_t>(-face->glyph->bitmap_top);
          if (b.width > 0 && b.rows > 0) {
            std::vector<uint8_t> coverage;
            for (unsigned y = 0; y < b.rows; ++y) {
              coverage.insert(coverage.end(), b.buffer + static_cast<size_t>(y) * static_cast<size_t>(b.pitch),
                              b.buffer + static_cast<size_t>(y) * static_cast<size_t>(b.pitch) + b.width);
            }
            if (const auto place = s.atlas.addCoverage(static_cast<int>(b.width), static_cast<int>(b.rows), coverage)) {
              g.width = static_cast<uint16_t>(b.width);
              g.height = static_cast<uint16_t>(b.rows);
              g.u = place->u;
              g.v = place->v;
            }
          }
          known = s.glyphs.emplace(key, g).first;
        }
        ui::Glyph g = known->second;
        if (g.width == 0) return;
        g.x = static_cast<int16_t>(g.x + static_cast<int>(whole));
        s.run.glyphs.push_back(g);
      });
  s.run.width = pen / deviceScale;
  s.run.generation = s.atlas.generation();
  return s.runs[runKey] = s.run;
}

const ui::GlyphAtlas& FreeTypeShaper::atlas() const { return m_state->atlas; }

}  // namespace test
