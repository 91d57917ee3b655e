// A TextShaper for tests that look at pictures: FreeType, glyph by glyph, no fallback fonts and no ligatures. Inter and
// JetBrains Mono from the system; what they lack is drawn as a box.
#pragma once

#include <memory>

#include "ui/text_shaper.h"

namespace test {

class FreeTypeShaper : public ui::TextShaper {
 public:
  FreeTypeShaper();
  ~FreeTypeShaper() override;

  float width(std::string_view text, const ui::TextStyle& style) const override;
  ui::TextMetrics metrics(const ui::TextStyle& style) const override;
  const ui::ShapedText& shape(std::string_view text, const ui::TextStyle& style, float deviceScale) override;
  const ui::GlyphAtlas& atlas() const override;

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace test
