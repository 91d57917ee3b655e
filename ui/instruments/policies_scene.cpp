#include "ui/instruments/policies_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/panel.h"
#include "ui/numbers.h"

namespace ui {
namespace {

constexpr float kLeastWidth = 118, kLeastHeight = 56;

class PoliciesPainter {
 public:
  PoliciesPainter(Panel& panel, const PoliciesView& view, float top) : p(panel), v(view), m_top(top + p.u(4)) {}

  void paint() {
    const float room = p.width - 2 * p.pad(), height = p.height - m_top - p.u(22);
    const int count = static_cast<int>(v.cells.size());
    int columns = std::clamp(static_cast<int>(room / p.u(kLeastWidth)), 1, std::max(1, count));
    const int most = std::max(1, static_cast<int>(height / p.u(kLeastHeight)));
    // As few rows as the width allows; what does not fit the height is counted.
    const int rows = std::clamp((count + columns - 1) / columns, 1, most);
    columns = std::clamp((count + rows - 1) / rows, 1, std::max(columns, 1));
    const int shown = std::min(count, columns * rows);
    const float w = room / static_cast<float>(columns), h = height / static_cast<float>(rows);
    for (int i = 0; i < shown; ++i) {
      const int line = i / columns;
      const auto column = static_cast<float>(i - line * columns), row = static_cast<float>(line);
      one(v.cells[static_cast<size_t>(i)], {std::floor(p.pad() + w * column), std::floor(m_top + h * row),
                                            std::floor(w - p.u(12)), std::floor(h - p.u(6))});
    }
    footer(count - shown);
  }

 private:
  void one(const PolicyCell& cell, const Rect& r) {
    const SceneId id = p.id(Element::Candidate, -1, -1, -1, static_cast<int>(cell.kind));
    p.scene.setId(id);
    if (p.hovered(id)) {
      p.scene.fill(r, p.theme.bg3);
    } else {
      p.scene.area(r);
    }
    const float first = r.y + p.u(8), second = r.y + p.u(23);
    const std::string name = cell.causal ? cell.name : cell.name + " *";
    p.fitted(r.x, first, r.width, name, p.words(kSizeNumber, cell.own ? 600 : 500), p.theme.fg1);
    p.firstThatFits(r.x, second, r.width, {cell.numbers, cell.brief}, p.words(), p.theme.fg2);
    const float top = r.y + p.u(33), row = (r.bottom() - top) / static_cast<float>(std::max(1, v.experts));
    const float scale = r.width / static_cast<float>(std::max(1, v.highest));
    for (int e = 0; e < v.experts; ++e) {
      const float y = std::floor(top + row * static_cast<float>(e)),
                  h = std::max(1.0f, std::floor(row) - (row >= 3 ? 1.0f : 0));
      if (e == v.cursorExpert) p.scene.fill({r.x, y, r.width, h}, p.theme.sel);
      const auto at = static_cast<size_t>(e);
      if (at < cell.load.size() && cell.load[at] > 0) {
        p.scene.fill({r.x, y, std::max(1.0f, scale * static_cast<float>(cell.load[at])), h}, p.theme.kept);
      }
      // The run's own load: a tick at its end.
      if (at < v.recorded.size() && v.recorded[at] > 0) {
        p.scene.fill({std::floor(r.x + scale * static_cast<float>(v.recorded[at])) - 1, y, 2, std::max(h, 2.0f)},
                     p.theme.fg1);
      }
    }
    p.scene.setId(0);
  }

  void footer(int hidden) {
    const auto& say = p.look.say;
    std::string text = say(Say::PoliciesLegend);
    if (!v.locked.empty()) text += " \u00B7 " + v.locked;
    if (hidden > 0) text = say(Say::MoreRows, countText(hidden)) + " \u00B7 " + text;
    p.fitted(p.pad(), p.height - p.u(11), p.width - 2 * p.pad(), text, p.words(), p.theme.fg2);
  }

  Panel& p;
  const PoliciesView& v;
  float m_top = 0;
};

}  // namespace

Scene makePoliciesScene(const PoliciesView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Lab, view.panel, size, look, view.description);
  Panel panel(Instrument::Lab, size, look);
  const float top = panel.titleBar(view.panel);
  PoliciesPainter(panel, view, top).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
