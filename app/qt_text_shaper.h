// Shapes and rasterises all text of the instruments with Qt: Inter for words, JetBrains Mono for numbers, and for text
// of models and users whatever font has the script. Glyph pictures are made once per font, size and quarter of a pixel
// and kept in the atlas. Belongs to the thread that paints. Needs a QGuiApplication.
#pragma once

#include <QRawFont>
#include <memory>

#include "ui/text_shaper.h"

namespace app {

class QtTextShaper : public ui::TextShaper {
 public:
  QtTextShaper();
  ~QtTextShaper() override;

  float width(std::string_view text, const ui::TextStyle& style) const override;
  ui::TextMetrics metrics(const ui::TextStyle& style) const override;
  const ui::ShapedText& shape(std::string_view text, const ui::TextStyle& style, float deviceScale) override;
  const ui::GlyphAtlas& atlas() const override;

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace app
