#include "ui/instruments/dispatch_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/band.h"
#include "ui/instruments/capacity_pane.h"
#include "ui/instruments/drops_chart.h"
#include "ui/numbers.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

class DispatchPainter {
 public:
  DispatchPainter(Panel& panel, const DispatchView& view, float right, float height)
      : p(panel), v(view), m_right(right) {
    rows = bandRows(v.experts, height, p.theme.textScale, v.cursorExpert, p.look.ownLabels);
    state = {v.experts, v.cursorExpert, v.chosenNow, {}};
    for (const DispatchRow& row : v.rows) {
      m_late = std::max(m_late, static_cast<int>(row.queue.size()) - v.capacity);
    }
    const bool labels = p.look.ownLabels;
    m_left = p.pad() + (labels ? expertLabelWidth(p, v.experts) : 0);
    const float gap = m_late > 0 ? 9.0f : 3.0f;
    const float room = m_right - p.pad() - m_left - gap;
    m_pitch = std::min(p.u(50), room / static_cast<float>(std::max(1, v.capacity + std::max(m_late, 1))));
    if (m_pitch >= 3) m_pitch = std::floor(m_pitch * 8) / 8;
    m_line = std::floor(m_left + m_pitch * static_cast<float>(v.capacity)) + 4;
    m_lateLeft = m_line + 4;
  }

  void paint() {
    const Rect zone{0, 0, m_right, p.height};
    p.scene.pushClip(zone);
    paintBandRows(p, rows, state, true);
    for (int row = rows.first; row < rows.first + rows.count; ++row) queue(v.rows[static_cast<size_t>(row)]);
    p.scene.line({m_line, rows.top - 4}, {m_line, rows.bottom() + 2}, p.theme.fg1, 1.5f);
    if (p.look.ownLabels) paintExpertLabels(p, rows, state, p.pad());
    heads();
    footer(rows.footer);
    if (!m_cursorCell.empty()) p.cursorBox(m_cursorCell);
    p.scene.popClip();
  }

  float bottom() const { return rows.bottom() + p.u(kFooterHeight); }

 private:
  void queue(const DispatchRow& row) {
    const float h = rows.labelled ? rows.height - 4 : std::max(1.0f, rows.height - 1);
    const float y = std::floor(rows.y(row.expert) + (rows.height - h) / 2 + 0.5f);
    const int queued = static_cast<int>(row.queue.size());
    if (m_pitch < 3) return pixelColumns(row, y, h);
    for (int slot = 0; slot < std::max(queued, v.capacity); ++slot) {
      const bool late = slot >= v.capacity;
      const float x = late ? m_lateLeft + m_pitch * static_cast<float>(slot - v.capacity)
                           : m_left + m_pitch * static_cast<float>(slot);
      const float x0 = std::floor(x), x1 = std::floor(x + m_pitch) - (m_pitch >= 5 ? 1.0f : 0.0f);
      const Rect cell{x0, y, std::max(1.0f, x1 - x0), h};
      if (cell.right() > m_right - 2) break;
      if (slot >= queued) {
        if (m_pitch >= 5) p.scene.outline(cell, p.theme.line);
        continue;
      }
      one(row, row.queue[static_cast<size_t>(slot)], cell, late, slot);
    }
  }

  void one(const DispatchRow& row, const SlotChoice& c, const Rect& cell, bool late, int slot) {
    const SceneId id = p.id(Element::Slot, c.token, v.layer, row.expert, std::min(c.rank, 500));
    p.scene.setId(id);
    Colour ground = p.theme.bg1;
    if (late) {
      const bool text = m_pitch >= p.u(44);
      if (text) {  // the hatch keeps to the left end, so that the text can be read
        p.scene.outline(cell, p.theme.dropped);
        p.scene.hatch({cell.x + 1, cell.y + 1, std::min(7.0f, cell.width - 2), cell.height - 2}, p.theme.dropped, 3);
      } else {
        p.hatchedBox(cell, p.theme.dropped);
      }
    } else if (c.rank == 0) {
      p.scene.fill(cell, ground = p.theme.kept);
    } else {
      p.scene.fill(cell, ground = p.theme.keptLaterFill);
      if (cell.width > 3 && cell.height > 3) p.scene.outline(cell, p.theme.keptLaterBorder);
    }
    const Colour ink = late ? p.theme.dropped : p.theme.inkOn(ground);
    if (rows.labelled) label(c, cell, late, ink);
    if (c.changed && cell.width >= 3) p.scene.outline(cell, p.theme.fg1);
    if (p.hovered(id)) p.scene.outline(cell, p.theme.fg2);
    p.scene.setId(0);
    if (c.token == v.cursorToken && slot >= 0) remember(row, cell);
  }

  // The cursor's own choice of the cursor's expert is boxed; where it chose others, those are.
  void remember(const DispatchRow& row, const Rect& cell) {
    if (row.expert == v.cursorExpert) {
      m_cursorCell = cell.inset(1);
    } else {
      p.scene.outline(cell.inset(-1), p.theme.dark ? p.theme.bg1 : p.theme.fg1);
      p.scene.outline(cell, p.theme.accent, 2);
    }
  }

  void label(const SlotChoice& c, const Rect& cell, bool late, Colour ink) {
    if (m_pitch >= p.u(44)) {
      const float left = late ? 9.0f : 2.0f;
      const TokenText text = visibleToken(v.trace.texts()[static_cast<size_t>(c.token)]);
      const std::string words = text.rest.empty() ? text.dots : text.rest;
      p.fitted(cell.x + left + (cell.width - left) / 2, cell.centreY(), cell.width - left - 3, words,
               p.tokens(kSizeNumber), ink, Scene::Align::Centre);
    } else if (m_pitch >= p.u(23) && !late) {
      const std::string number = fmt::format("{}", c.token);
      if (p.widthOf(number, p.numbers()) <= cell.width - 2) {
        p.text(cell.centreX(), cell.centreY(), number, p.numbers(), ink, Scene::Align::Centre);
      }
    }
  }

  // Slots narrower than 3 px: runs of first, later and late choices.
  void pixelColumns(const DispatchRow& row, float y, float h) {
    const int queued = static_cast<int>(row.queue.size());
    p.scene.setId(p.id(Element::ExpertRow, -1, v.layer, row.expert));
    for (int from = 0; from < queued;) {
      const bool first = row.queue[static_cast<size_t>(from)].rank == 0, late = from >= v.capacity;
      int to = from;
      while (to < queued && (row.queue[static_cast<size_t>(to)].rank == 0) == first && (to >= v.capacity) == late) ++to;
      const auto at = [&](int slot) {
        return late ? m_lateLeft + m_pitch * static_cast<float>(slot - v.capacity)
                    : m_left + m_pitch * static_cast<float>(slot);
      };
      const Rect run{at(from), y, std::max(1.0f, at(to) - at(from)), h};
      if (late) {
        p.hatchedBox(run, p.theme.dropped);
        from = queued;  // who comes late comes late, whatever the rank
        const Rect rest{run.right(), y, at(queued) - run.right(), h};
        if (rest.width >= 1) p.hatchedBox(rest, p.theme.dropped);
      } else {
        p.scene.fill(run, first ? p.theme.kept : p.theme.keptLaterFill);
        from = to;
      }
    }
    p.scene.setId(0);
  }

  void heads() {
    const float y = rows.top - p.u(kHeadHeight) / 2 - 1;
    const auto& say = p.look.say;
    if (m_late > 0) {
      p.firstThatFits(m_lateLeft, y, m_right - 2 - m_lateLeft, {say(Say::CameTooLate), say(Say::Late)}, p.words(),
                      p.theme.dropped);
    }
    const float right = m_line - 6;
    float x = m_left;
    const std::string slots = m_pitch < p.u(23)    ? std::string()
                              : m_pitch >= p.u(44) ? say(Say::SlotsInOrder, 0, v.capacity - 1)
                                                   : say(Say::TokenInEachSlot);
    const float legend = p.u(80);
    if (!slots.empty() && x + p.widthOf(slots, p.words()) + legend < right) {
      x = p.text(x, y, slots, p.words(), p.theme.fg3).right() + p.u(12);
    } else if (m_pitch < 3 && v.capacity > 0) {
      const std::string ends = say(Say::TimesOver, 0, v.capacity - 1);
      if (x + p.widthOf(ends, p.numbers()) + legend < right) {
        x = p.text(x, y, ends, p.numbers(), p.theme.fg3).right() + p.u(12);
      }
    }
    const float side = p.u(9);
    for (int rank = 0; rank < std::min(2, v.chosen); ++rank) {
      // The second colour is that of all later choices.
      const bool more = rank == 1 && v.chosen > 2;
      const std::string nth = ordinalNumber(say, rank + 1) + (more ? "\u2013" + ordinalNumber(say, v.chosen) : "");
      const std::string wide = say(Say::ChoicesWord, nth);
      const bool roomy = x + side + p.u(5) + p.widthOf(wide, p.words()) < right - (rank == 0 ? p.u(70) : 0);
      const std::string& word = roomy && m_pitch >= p.u(23) ? wide : nth;
      if (x + side + p.u(5) + p.widthOf(word, p.words()) > right) break;
      const Rect swatch{std::floor(x), std::floor(y - side / 2), side, side};
      p.scene.fill(swatch, rank == 0 ? p.theme.kept : p.theme.keptLaterFill);
      if (rank > 0) p.scene.outline(swatch, p.theme.keptLaterBorder);
      x = p.text(swatch.right() + p.u(5), y, word, p.words(), p.theme.fg2).right() + p.u(10);
    }
  }

  void footer(float centre) {
    const std::string count = p.look.say(Say::DroppedOf, countText(v.dropped), countText(v.choices));
    const Rect box = p.fitted(p.pad(), centre, m_right - 2 * p.pad(), count, p.words(), p.theme.fg1);
    const std::string share = shareText(v.choices > 0 ? static_cast<double>(v.dropped) / v.choices : 0);
    const float x = box.right() + p.u(7);
    if (x + p.widthOf(share, p.numbers()) <= m_right - 4) {
      p.text(x, centre, share, p.numbers(), v.dropped > 0 ? p.theme.dropped : p.theme.fg2);
    }
  }

  Panel& p;
  const DispatchView& v;
  float m_right;
  BandRows rows;
  BandState state;
  int m_late = 0;
  float m_left = 0, m_pitch = 0, m_line = 0, m_lateLeft = 0;
  Rect m_cursorCell;
};

// Three rows of free slots and a capacity line, to show what is missing.
void emptySlots(Panel& p, float left, float top) {
  const float w = p.u(20), h = p.u(11);
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 8; ++i) {
      p.scene.outline({left + static_cast<float>(i) * (w + 2), top + static_cast<float>(row) * (h + 3), w, h},
                      p.theme.line2);
    }
  }
  p.scene.line({left + 8 * (w + 2) + 1, top - 4}, {left + 8 * (w + 2) + 1, top + 3 * (h + 3) + 1}, p.theme.fg1, 1.5f);
}

}  // namespace

Scene makeDispatchScene(const DispatchView& v, const DropsView* drops, Size size, const Look& look) {
  Panel p(Instrument::Dispatch, size, look);
  describeInto(p.scene, v.description);
  if (v.panel.notice) {
    const float bar = p.titleBar(v.panel), slots = p.u(58);
    const bool picture = p.width >= p.u(230) && p.height >= p.u(240) && v.panel.notice->buttons.size() == 1 &&
                         v.panel.notice->buttons[0].action == Action::SimulateCapacity;
    if (picture) emptySlots(p, 32, bar + p.u(12));
    p.notice(*v.panel.notice, p.width < p.u(260) ? -20 : 0, p.width, bar + (picture ? slots : 0), p.height - p.u(8));
    return p.take();
  }
  const bool pane = p.width >= p.u(620);
  const float right = pane ? p.width - p.u(238) : p.width;
  const bool chart = drops && !drops->panel.notice &&
                     p.height >= p.u(79 + 150) + p.u(kRowMin) * static_cast<float>(std::min(v.experts, 24));
  const float upper = chart ? std::max(p.height - p.u(210), p.height * 0.55f) : p.height;
  DispatchPainter painter(p, v, right, upper);
  painter.paint();
  p.titleBar(v.panel);
  if (pane) {
    p.scene.fill({right, p.u(kTitleHeight), 1, p.height - p.u(kTitleHeight)}, p.theme.line);
    paintCapacityPane(p, v, right + p.u(14), p.u(kTitleHeight));
  }
  if (chart) {
    const float top = std::max(painter.bottom(), upper);
    p.scene.fill({0, std::floor(top), right, 1}, p.theme.line);
    paintDropsChart(p, *drops, {0, top, right, p.height - top}, true);
  }
  return p.take();
}

Scene makeDropsScene(const DropsView& v, Size size, const Look& look) {
  if (v.panel.notice) return emptyScene(Instrument::DropsByPosition, v.panel, size, look, v.description);
  Panel p(Instrument::DropsByPosition, size, look);
  const float top = p.titleBar(v.panel);
  paintDropsChart(p, v, {0, top, p.width, p.height - top}, true);
  describeInto(p.scene, v.description);
  return p.take();
}

}  // namespace ui
