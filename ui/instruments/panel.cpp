#include "ui/instruments/panel.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/text_fit.h"

namespace ui {

Panel::Panel(Instrument which, Size size, const Look& with)
    : look(with), theme(with.theme), instrument(which), scene(size), width(size.width), height(size.height) {
  scene.setId(id(Element::Panel));
  scene.fill({0, 0, width, height}, theme.bg1);
  scene.setId(0);
}

SceneId Panel::id(Element element, int token, int layer, int expert, int value) const {
  return ElementId{instrument, element, token, layer, expert, value}.pack();
}

TextStyle Panel::words(double size, int weight) const { return {TextFont::Words, weight, u(size)}; }
TextStyle Panel::numbers(int weight) const { return {TextFont::Numbers, weight, u(kSizeNumber)}; }
TextStyle Panel::tokens(double size, int weight) const { return {TextFont::Token, weight, u(size)}; }

float Panel::widthOf(std::string_view text, const TextStyle& style) const {
  return text.empty() ? 0.0f : look.shaper.width(text, style);
}

Rect Panel::text(float x, float centreY, std::string_view what, const TextStyle& style, Colour colour,
                 Scene::Align align) {
  const float baseline = std::floor(centreY + look.shaper.metrics(style).capHeight / 2 + 0.5f);
  return scene.text({x, baseline}, what, style, colour, look.shaper, align);
}

Rect Panel::fitted(float x, float centreY, float room, std::string_view what, const TextStyle& style, Colour colour,
                   Scene::Align align) {
  return text(x, centreY, elideMiddle(look.shaper, what, style, room), style, colour, align);
}

Rect Panel::firstThatFits(float x, float centreY, float room, std::initializer_list<std::string> what,
                          const TextStyle& style, Colour colour, Scene::Align align) {
  for (const std::string& candidate : what) {
    if (widthOf(candidate, style) <= room) return text(x, centreY, candidate, style, colour, align);
  }
  return {x, centreY, 0, 0};
}

float Panel::titleBar(const PanelText& panel) {
  const float bar = u(kTitleHeight), centre = bar / 2;
  if (look.focused) scene.fill({0, 0, width, 2}, theme.accent);
  float right = width - pad();
  const bool opens = panel.titleAction != Action::None;
  const SceneId titleId =
      opens ? id(Element::Action, -1, -1, -1, static_cast<int>(panel.titleAction)) : id(Element::Title);
  scene.setId(titleId);
  Rect title =
      fitted(pad(), centre, right - pad() - (opens ? u(14) : 0), panel.title, words(kSizeWord, 600), theme.fg1);
  if (opens) {  // another instrument stands in the same place
    const float ax = title.right() + u(6), ay = centre - u(1);
    scene.triangle({ax, ay - u(1)}, {ax + u(7), ay - u(1)}, {ax + u(3.5), ay + u(4)},
                   hovered(titleId) ? theme.fg1 : theme.fg2);
    title.width += u(14);
    scene.area({title.x - 4, 2, title.width + 6, bar - 4});
  }
  scene.setId(0);
  const float gap = u(8);
  float left = title.right() + gap;
  if (!panel.corner.empty()) {
    const std::string corner = elideMiddle(look.shaper, panel.corner, words(), right - left);
    if (panel.cornerAction != Action::None) {
      scene.setId(id(Element::Action, -1, -1, -1, static_cast<int>(panel.cornerAction)));
    }
    const Rect box = text(right, centre, corner, words(), theme.fg2, Scene::Align::Right);
    if (panel.cornerAction != Action::None && box.width > 0) {
      scene.area({box.x - 4, 2, box.width + 8, bar - 4});
      if (hovered(id(Element::Action, -1, -1, -1, static_cast<int>(panel.cornerAction)))) {
        scene.fill({box.x, centre + u(8), box.width, 1}, theme.fg2);
      }
    }
    scene.setId(0);
    right = box.x - gap;
  }
  // What does not fit goes part by part, the last one first.
  std::string subtitle = panel.subtitle;
  constexpr std::string_view kBetween = " \u00B7 ";
  while (widthOf(subtitle, words()) > right - left) {
    const size_t cut = subtitle.rfind(kBetween);
    if (cut == std::string::npos) break;
    subtitle.resize(cut);
  }
  // A word of which little more than an ellipsis would be left says nothing.
  const float room = right - left;
  if (!subtitle.empty() && widthOf(subtitle, words()) * 0.6f <= room) {
    fitted(left, centre, room, subtitle, words(), theme.fg3);
  }
  return bar;
}

void Panel::cross(float cx, float cy, float size, Colour colour, float thickness) {
  const float h = size / 2;
  scene.line({cx - h, cy - h}, {cx + h, cy + h}, colour, thickness);
  scene.line({cx - h, cy + h}, {cx + h, cy - h}, colour, thickness);
}

void Panel::hatchedBox(const Rect& rect, Colour colour) {
  if (rect.width < 4 || rect.height < 4) {
    scene.outline(rect, colour);
    return;
  }
  scene.hatch(rect.inset(1), colour, rect.height < 10 ? 3.0f : 4.0f);
  scene.outline(rect, colour);
}

void Panel::cursorBox(const Rect& rect) {
  scene.outline(rect.inset(-3), theme.dark ? theme.bg1 : theme.fg1);
  scene.outline(rect.inset(-2), theme.accent, 2);
}

void Panel::rankSquare(const Rect& rect, int rank, bool dropped, Colour fill) {
  if (dropped) {
    scene.outline(rect, theme.dropped);
  } else {
    scene.fill(rect, fill);
  }
  const std::string digits = fmt::format("{}", rank + 1);
  const Colour ink = dropped ? theme.dropped : theme.inkOn(fill);
  if (rect.height >= u(11) - 0.5f && widthOf(digits, numbers()) <= rect.width) {
    text(rect.centreX(), rect.centreY(), digits, numbers(), ink, Scene::Align::Centre);
  }
}

void Panel::button(const Rect& rect, std::string_view label, bool isDefault, SceneId buttonId) {
  scene.setId(buttonId);
  scene.fill(rect, hovered(buttonId) ? theme.line2 : theme.bg3);
  scene.outline(rect, isDefault ? theme.accent : theme.line2);
  fitted(rect.centreX(), rect.centreY(), rect.width - 8, label, words(kSizeWord), theme.fg1, Scene::Align::Centre);
  scene.setId(0);
}

void Panel::notice(const Notice& what, float left, float right, float top, float bottom) {
  const float x = left + 32, room = std::max(0.0f, right - x - pad());
  const TextStyle heading = words(kSizeHeading, 600), body = words(kSizeWord);
  const float headingLine = u(22), bodyLine = u(18), buttonHeight = u(26);
  const float most = bottom - top;
  const int headLines = most > headingLine * 3 ? 2 : 1;
  const std::vector<std::string> heads = wrapText(look.shaper, what.heading, heading, room, headLines);
  float used = headingLine * static_cast<float>(heads.size());
  const int bodyLines = std::max(0, static_cast<int>((most - used - buttonHeight) / bodyLine));
  const std::vector<std::string> lines = wrapText(look.shaper, what.sentence, body, room, std::min(6, bodyLines));
  used += u(4) + bodyLine * static_cast<float>(lines.size());
  const bool buttons = !what.buttons.empty() && used + u(12) + buttonHeight <= most;
  if (buttons) used += u(12) + buttonHeight;
  float y = top + std::max(0.0f, (most - used) * 0.35f);
  for (const std::string& line : heads) {
    text(x, y + headingLine / 2, line, heading, theme.fg1);
    y += headingLine;
  }
  y += u(4);
  for (const std::string& line : lines) {
    text(x, y + bodyLine / 2, line, body, theme.fg2);
    y += bodyLine;
  }
  if (!buttons) return;
  y += u(12);
  float bx = x;
  for (size_t i = 0; i < what.buttons.size(); ++i) {
    const NoticeButton& b = what.buttons[i];
    const float w = widthOf(b.text, body) + u(22);
    if (bx + w > right - pad()) break;
    button({bx, y, w, buttonHeight}, b.text, i == 0 && b.action != Action::Cancel,
           id(Element::Action, -1, -1, -1, static_cast<int>(b.action)));
    bx += w + u(8);
  }
}

void describeInto(Scene& scene, const Description& description) {
  scene.sentence = description.sentence;
  scene.table = {description.columns, description.rows};
}

Scene emptyScene(Instrument instrument, const PanelText& panel, Size size, const Look& look,
                 const Description& description) {
  Panel p(instrument, size, look);
  const float bar = p.titleBar(panel);
  if (panel.notice) p.notice(*panel.notice, 0, p.width, bar, p.height - p.u(8));
  describeInto(p.scene, description);
  return p.take();
}

}  // namespace ui
