#include "ui/instruments/token_strip_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/panel.h"
#include "ui/numbers.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

constexpr float kHeader = 25, kOverview = 6;
constexpr float kLeastRow = 29;  // text, value and stripe without touching

class StripPainter {
 public:
  StripPainter(Panel& panel, const TokenStripView& view, int rows) : p(panel), v(view), m_rows(std::max(1, rows)) {}

  void paint() {
    header();
    measure();
    const float left = p.pad(), right = p.width - p.pad();
    m_top = p.u(kHeader);
    m_rows = std::clamp(static_cast<int>((p.height - 2 - m_top) / p.u(kLeastRow)), 1, m_rows);
    const float total = m_start.back(), room = (right - left) * static_cast<float>(m_rows);
    // A row may end short of the edge by almost one token.
    const bool scrolls = !fits(0);
    float bottom = p.height - 2;
    if (scrolls) bottom -= kOverview + 3;
    m_rowHeight = std::max(p.u(kLeastRow), std::floor((bottom - m_top) / static_cast<float>(m_rows)));
    int first = 0;
    if (scrolls) first = firstToken(total, room);
    int last = flow(first, true);
    if (scrolls) overview(first, last, bottom + 2);
  }

 private:
  // Where each token would begin in one endless row, roughly: only cells that come into view are measured.
  void measure() {
    m_start.assign(v.tokens.size() + 1, 0);
    m_width.assign(v.tokens.size(), -1);
    for (size_t t = 0; t < v.tokens.size(); ++t) {
      const auto bytes = static_cast<float>(std::min<size_t>(v.trace.texts()[t].size(), 60));
      const float rough = std::max(p.u(22), p.u(6.5) * bytes + p.u(10)) + crossRoom(v.tokens[t]);
      m_start[t + 1] = m_start[t] + rough + 1;
    }
  }

  float widthAt(int token) {
    float& width = m_width[static_cast<size_t>(token)];
    if (width < 0) width = cellWidth(token);
    return width;
  }

  float crossRoom(const StripToken& t) const { return t.dropped > 0 ? p.u(12) * static_cast<float>(t.dropped) + 2 : 0; }

  float cellWidth(int token) const {
    const size_t t = static_cast<size_t>(token);
    const TokenText text = visibleToken(v.trace.texts()[t]);
    const TextStyle style = p.tokens(kSizeToken, token == v.cursor ? 600 : 400);
    const float longest = (p.width - 2 * p.pad()) * 0.5f;
    const float words = std::min(p.widthOf(text.whole(), style), longest);
    const float value = p.widthOf(lensText(v, token), p.numbers());
    return std::ceil(std::max({p.u(22), words + p.u(10) + crossRoom(v.tokens[t]), value + p.u(8)}));
  }

  float gapBefore(int token) const { return token == v.prompt && token > 0 ? p.u(5) : 0; }

  // Lays out tokens from `first` on; returns one past the last that fits, paints them if told to.
  int flow(int first, bool painting) {
    const float left = p.pad(), right = p.width - p.pad();
    float x = left;
    int row = 0, token = first;
    for (; token < static_cast<int>(v.tokens.size()); ++token) {
      const float w = widthAt(token);
      if (x > left && x + gapBefore(token) + w > right) {
        if (++row == m_rows) break;
        x = left;
      }
      if (gapBefore(token) > 0) {
        if (painting) p.scene.fill({x + 1, y(row) + 1, 1, m_rowHeight - 4}, p.theme.generated);
        x += gapBefore(token);
      }
      if (painting) cell(token, {x, y(row), w, m_rowHeight});
      x += w + 1;
    }
    return token;
  }

  bool fits(int first) { return flow(first, false) == static_cast<int>(v.tokens.size()); }
  float y(int row) const { return m_top + m_rowHeight * static_cast<float>(row); }

  // The first token so that the cursor stands in the middle third. It moves a third of the room at a time, so that
  // small steps do not shift the text; the end of the run stays at the end of the strip.
  int firstToken(float total, float room) {
    if (v.scrolledTo >= 0) {
      int at = std::clamp(v.scrolledTo, 0, static_cast<int>(v.tokens.size()) - 1);
      while (at > 0 && fits(at - 1)) --at;
      return at;
    }
    const float third = room / 3, at = m_start[static_cast<size_t>(std::max(0, v.cursor))];
    const float wanted = std::clamp((std::floor(at / third) - 1) * third, 0.0f, std::max(0.0f, total - room * 0.9f));
    int first = static_cast<int>(std::lower_bound(m_start.begin(), m_start.end(), wanted) - m_start.begin());
    first = std::clamp(first, 0, std::max(0, static_cast<int>(v.tokens.size()) - 1));
    while (first > 0 && fits(first - 1)) --first;                        // no hole at the end
    while (first < v.cursor && flow(first, false) <= v.cursor) ++first;  // the cursor is in view
    return first;
  }

  void cell(int token, const Rect& r) {
    const StripToken& t = v.tokens[static_cast<size_t>(token)];
    const bool here = token == v.cursor, heat = v.lens != Lens::FirstExpert;
    const SceneId id = p.id(Element::Token, token);
    p.scene.setId(id);
    const Rect box{r.x, r.y, r.width, r.height - 3};
    Colour ground = p.theme.bg1;
    if (heat && t.level >= 0) {
      ground = p.theme.sequentialAt(static_cast<double>(t.level));
      p.scene.fill(box, ground);
    } else if (here && !heat) {
      ground = p.theme.accentFill;
      p.scene.fill(box, ground);
      if (!p.theme.dark) p.scene.outline(box, p.theme.fg1);
    } else if (token >= v.rangeFirst && token <= v.rangeLast) {
      p.scene.fill(box, ground = p.theme.sel);
    } else if (p.hovered(id)) {
      p.scene.fill(box, ground = p.theme.bg3);
    } else {
      p.scene.area(box);
    }
    const bool filled = heat && t.level >= 0;
    const Colour ink = filled ? p.theme.inkOn(ground) : here && !heat ? p.theme.onAccent : p.theme.fg1;
    const Colour faint = filled || (here && !heat) ? ink : p.theme.fg3;
    words(token, t, box, ink, faint, here);
    p.text(r.x + p.u(5), r.y + std::max(m_rowHeight * 0.61f, m_rowHeight * 0.26f + p.u(12.4)), lensText(v, token),
           p.numbers(), faint);
    if (!heat && t.expert >= 0) {
      const float inset = here ? 2.0f : 0.0f;
      const float stripe = std::min(3.0f, std::max(2.0f, m_rowHeight - p.u(31)));
      p.scene.fill({r.x + inset, box.bottom() - stripe - (here ? 1.0f : 0.0f), r.width - 2 * inset, stripe},
                   v.experts <= 16 ? p.theme.expertColour(t.expert, v.experts) : p.theme.fg3);
    }
    if (t.changed) p.scene.fill({box.x, box.y, box.width, 2}, ink);
    brackets(token, box);
    p.scene.setId(0);
    if (here && heat) p.cursorBox(box.inset(2));
  }

  void words(int token, const StripToken& t, const Rect& box, Colour ink, Colour faint, bool here) {
    const TokenText text = visibleToken(v.trace.texts()[static_cast<size_t>(token)]);
    const float centre = box.y + m_rowHeight * 0.26f;
    const TextStyle style = p.tokens(kSizeToken, here ? 600 : 400);
    float x = box.x + p.u(5);
    if (!text.dots.empty()) x = p.text(x, centre, text.dots, style, faint).right();
    if (!text.rest.empty()) {
      x = p.fitted(x, centre, box.right() - crossRoom(t) - 2 - x, text.rest, style, ink).right();
    }
    const bool onFill = here && v.lens == Lens::FirstExpert;
    for (int i = 0; i < t.dropped; ++i) {
      const float cx = x + p.u(7) + p.u(12) * static_cast<float>(i);
      p.cross(cx, centre, p.u(7), onFill || v.lens != Lens::FirstExpert ? ink : p.theme.dropped);
    }
    if (t.bookmarked) {
      p.scene.triangle({box.right() - 6, box.y}, {box.right(), box.y}, {box.right(), box.y + 6}, p.theme.fg1);
    }
  }

  void brackets(int token, const Rect& box) {
    const float h = box.height - 3;
    if (token == v.rangeFirst) {
      p.scene.fill({box.x, box.y, 1, h}, p.theme.fg1);
      p.scene.fill({box.x, box.y, 4, 1}, p.theme.fg1);
      p.scene.fill({box.x, box.y + h - 1, 4, 1}, p.theme.fg1);
    }
    if (token == v.rangeLast) {
      p.scene.fill({box.right() - 1, box.y, 1, h}, p.theme.fg1);
      p.scene.fill({box.right() - 4, box.y, 4, 1}, p.theme.fg1);
      p.scene.fill({box.right() - 4, box.y + h - 1, 4, 1}, p.theme.fg1);
    }
  }

  // The whole run as one bar: drops and bookmarks as ticks, a frame around what is in view, the cursor.
  void overview(int first, int last, float top) {
    const float left = p.pad(), w = p.width - 2 * p.pad();
    const auto count = static_cast<float>(v.tokens.size());
    const auto at = [&](int token) { return std::floor(left + w * static_cast<float>(token) / count); };
    p.scene.setId(p.id(Element::Overview));
    p.scene.fill({left, top, w, kOverview}, p.theme.bg3);
    p.scene.setId(0);
    p.scene.fill({at(first), top, std::max(3.0f, at(last) - at(first)), kOverview}, p.theme.line2);
    float drawn = -2;
    for (size_t t = 0; t < v.tokens.size(); ++t) {
      const StripToken& token = v.tokens[t];
      if (token.dropped == 0 && !token.bookmarked) continue;
      const float x = at(static_cast<int>(t));
      if (token.bookmarked) {
        p.scene.fill({x, top, 2, kOverview}, p.theme.fg1);
      } else if (x >= drawn + 2) {
        p.scene.fill({x, top + 2, 1, kOverview - 4}, p.theme.dropped);
        drawn = x;
      }
    }
    if (v.prompt < static_cast<int>(v.tokens.size()))
      p.scene.fill({at(v.prompt), top, 1, kOverview}, p.theme.generated);
    p.scene.fill({at(v.cursor), top - 1, 2, kOverview + 2}, p.theme.accent);
    // A press anywhere on it goes to the token that stands there.
    Grid places;
    places.base = {Instrument::TokenStrip, Element::Overview};
    places.tokensPerPixel = count / w;
    places.tokens = static_cast<int>(v.tokens.size());
    places.firstExpert = -1;
    places.rowHeight = p.height;
    p.scene.setId(p.id(Element::Overview));
    p.scene.grid({left, top - 2, w, kOverview + 4}, places);
    p.scene.setId(0);
  }

  void header() {
    const float centre = p.u(kHeader) / 2;
    if (p.look.focused) p.scene.fill({0, 0, p.width, 2}, p.theme.accent);
    float right = p.width - p.pad();
    const SceneId lens = p.id(Element::Action, -1, -1, -1, static_cast<int>(Action::ChangeLens));
    const float titleRoom = p.widthOf(v.panel.title, p.words(kSizeWord, 600)) + p.u(12);
    const float arrow = p.u(14);
    p.scene.setId(lens);
    const Rect corner = p.fitted(right - arrow, centre, right - arrow - p.pad() - titleRoom, v.panel.corner, p.words(),
                                 p.hovered(lens) ? p.theme.fg1 : p.theme.fg2, Scene::Align::Right);
    p.scene.area({corner.x - 4, 2, right - corner.x + 4, p.u(kHeader) - 4});
    const float ax = right - p.u(7), ay = centre - p.u(1);
    p.scene.triangle({ax, ay - p.u(1)}, {ax + p.u(7), ay - p.u(1)}, {ax + p.u(3.5), ay + p.u(4)}, p.theme.fg2);
    p.scene.setId(0);
    right = corner.x - p.u(12);
    float x = p.text(p.pad(), centre, v.panel.title, p.words(kSizeWord, 600), p.theme.fg1).right() + p.u(10);
    const auto word = [&](const std::string& text, const TextStyle& style, Colour colour) {
      if (text.empty() || x + p.widthOf(text, style) > right) return false;
      x = p.text(x, centre, text, style, colour).right() + p.u(9);
      return true;
    };
    word(v.panel.subtitle, p.numbers(), p.theme.fg2);
    word(v.promptWord, p.words(), p.theme.fg3);
    word(v.generatedWord, p.words(), p.theme.generated);
    if (!v.changedWord.empty() && x + p.u(18) + p.widthOf(v.changedWord, p.words()) <= right) {
      p.scene.fill({std::floor(x), std::floor(centre - 1), p.u(12), 2}, p.theme.fg1);
      x += p.u(18);
      word(v.changedWord, p.words(), p.theme.fg1);
    }
    if (v.droppedWord.empty() || x + p.u(20) + p.widthOf(v.droppedWord, p.words()) > right) return;
    p.cross(x + p.u(10), centre, p.u(7), p.theme.dropped);
    x += p.u(20);
    word(v.droppedWord, p.words(), p.theme.fg3);
  }

  Panel& p;
  const TokenStripView& v;
  int m_rows;
  float m_top = 0, m_rowHeight = 38;
  std::vector<float> m_start, m_width;
};

}  // namespace

Scene makeTokenStripScene(const TokenStripView& view, Size size, const Look& look, int rows) {
  if (view.panel.notice) return emptyScene(Instrument::TokenStrip, view.panel, size, look, view.description);
  Panel panel(Instrument::TokenStrip, size, look);
  StripPainter(panel, view, rows).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
