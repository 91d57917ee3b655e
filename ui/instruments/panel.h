// The parts all instruments share: title bar, texts on a grid, marks (crosses, rank squares, hatched boxes), notices.
#pragma once

#include <string_view>

#include "ui/instruments/look.h"
#include "ui/views/source.h"

namespace ui {

class Panel {
 public:
  Panel(Instrument instrument, Size size, const Look& look);

  Scene take() { return std::move(scene); }

  const Look& look;
  const Theme& theme;
  const Instrument instrument;
  Scene scene;
  const float width, height;

  float u(double pixels) const { return static_cast<float>(pixels * theme.textScale); }  // at the text scale
  float pad() const { return static_cast<float>(kPadding); }

  SceneId id(Element element, int token = -1, int layer = -1, int expert = -1, int value = -1) const;
  bool hovered(SceneId wanted) const { return wanted != 0 && look.hover.id == wanted; }

  TextStyle words(double size = kSizeNumber, int weight = 400) const;
  TextStyle numbers(int weight = 400) const;  // 11 px
  TextStyle tokens(double size = kSizeToken, int weight = 400) const;
  float widthOf(std::string_view text, const TextStyle& style) const;

  // Text whose capitals stand centred on a height; x by alignment. Returns the box.
  Rect text(float x, float centreY, std::string_view what, const TextStyle& style, Colour colour,
            Scene::Align align = Scene::Align::Left);
  // The same, elided in the middle to a width; nothing if too narrow.
  Rect fitted(float x, float centreY, float width, std::string_view what, const TextStyle& style, Colour colour,
              Scene::Align align = Scene::Align::Left);
  // The first of the texts that fits; nothing if none does.
  Rect firstThatFits(float x, float centreY, float width, std::initializer_list<std::string> what,
                     const TextStyle& style, Colour colour, Scene::Align align = Scene::Align::Left);

  // Background, focus line, title, subtitle, corner word. Returns the height of the bar.
  float titleBar(const PanelText& panel);
  void notice(const Notice& notice, float left, float right, float top, float bottom);

  void cross(float centreX, float centreY, float size, Colour colour, float thickness = 1.5f);
  void hatchedBox(const Rect& rect,
                  Colour colour);    // dropped: hatch in a border, or a plain cross where there is no room
  void cursorBox(const Rect& rect);  // 2 px accent with a 1 px halo outside
  void rankSquare(const Rect& rect, int rank, bool dropped, Colour fill);
  void button(const Rect& rect, std::string_view label, bool isDefault, SceneId buttonId);
};

Scene emptyScene(Instrument instrument, const PanelText& panel, Size size, const Look& look,
                 const Description& description);
void describeInto(Scene& scene, const Description& description);

}  // namespace ui
