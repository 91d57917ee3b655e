#include "ui/instruments/push_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/band.h"
#include "ui/numbers.h"

namespace ui {
namespace {

constexpr float kLeastColumn = 96;  // px at text scale 1; columns that do not fit are named in the footer

class PushPainter {
 public:
  PushPainter(Panel& panel, const PushView& view) : p(panel), v(view) {
    m_state.experts = v.experts;
    m_state.cursorExpert = v.cursorExpert;
    m_state.chosen = v.chosen;
    m_rows = bandRows(v.experts, p.height, p.theme.textScale, v.cursorExpert, false);
    m_left = std::floor(p.pad() + expertLabelWidth(p, v.experts) + p.u(6));
    const float room = p.width - p.pad() - m_left;
    m_shown = std::clamp(static_cast<int>(room / p.u(kLeastColumn)), 1, static_cast<int>(v.columns.size()));
    // The weight of the cursor's expert is the last and stays.
    for (int i = 0; i < m_shown; ++i) {
      m_columns.push_back(i == m_shown - 1 ? v.columns.size() - 1 : static_cast<size_t>(i));
    }
    m_pitch = room / static_cast<float>(m_shown);
  }

  void paint() {
    paintBandRows(p, m_rows, m_state, true);
    for (int i = 0; i < m_shown; ++i) column(v.columns[m_columns[static_cast<size_t>(i)]], i);
    for (int row = m_rows.first; row < m_rows.first + m_rows.count; ++row) {
      p.scene.setId(p.id(Element::ExpertRow, v.token, v.layer, row));
      p.scene.area({p.pad(), m_rows.y(row), p.width - 2 * p.pad(), m_rows.height});
      p.scene.setId(0);
    }
    paintExpertLabels(p, m_rows, m_state, p.pad());
    footer(paintOutOfView(p, m_rows, m_state, p.pad()));
  }

 private:
  float left(int at) const { return std::floor(m_left + m_pitch * static_cast<float>(at)); }

  void column(const PushColumn& column, int at) {
    const float x = left(at), width = std::floor(m_pitch - p.u(12));
    const float y = m_rows.top - p.u(kHeadHeight) / 2 - 1;
    const float used = p.fitted(x, y, width, column.name, p.words(kSizeNumber, 500), p.theme.fg2).right() + p.u(6);
    p.firstThatFits(used, y, x + width - used, {column.head, column.headShort}, p.words(), p.theme.fg3);
    if (column.value.empty()) {
      p.fitted(x, m_rows.top + p.u(10), width, column.whyNot, p.words(), p.theme.fg2);
      return;
    }
    const float number = width > p.u(110) ? p.u(52) : 0;
    const float half = std::floor((width - number) / 2), middle = x + half;
    p.scene.line({middle, m_rows.top - 3}, {middle, m_rows.bottom() + 1}, p.theme.line);
    for (int row = m_rows.first; row < m_rows.first + m_rows.count; ++row) {
      one(column, row, middle, half, number > 0 ? x + width : 0);
    }
  }

  void one(const PushColumn& column, int expert, float middle, float half, float numberRight) {
    const double value = column.value[static_cast<size_t>(expert)];
    const float centre = m_rows.centre(expert);
    const auto rank = std::find(v.chosen.begin(), v.chosen.end(), expert);
    const bool is = rank != v.chosen.end();
    const float h = std::max(1.0f, std::floor(m_rows.height * 0.5f));
    if (column.largest > 0 && std::isfinite(value) && value != 0) {
      const float length = std::max(1.0f, half * static_cast<float>(std::min(1.0, std::abs(value) / column.largest)));
      const Rect bar{value > 0 ? middle : middle - length, std::floor(centre - h / 2 + 0.5f), length, h};
      p.scene.fill(bar, is ? p.theme.rankColour(static_cast<int>(rank - v.chosen.begin())) : p.theme.residual);
    }
    // Where rows are low there is room for the cursor's number alone.
    if (numberRight > 0 && (m_rows.labelled || expert == v.cursorExpert)) {
      p.text(numberRight, centre, pushText(value), p.numbers(),
             is || expert == v.cursorExpert ? p.theme.fg1 : p.theme.fg2, Scene::Align::Right);
    }
  }

  void footer(float x) {
    std::string text = v.explains;
    if (m_shown < static_cast<int>(v.columns.size())) {
      std::vector<std::string> hidden;
      for (size_t i = static_cast<size_t>(m_shown) - 1; i + 1 < v.columns.size(); ++i)
        hidden.push_back(v.columns[i].name);
      text = p.look.say(Say::PushHidden, listOf(p.look.say, hidden)) + " " + text;
    }
    p.fitted(x, m_rows.footer, p.width - p.pad() - x, text, p.words(), p.theme.fg2);
  }

  Panel& p;
  const PushView& v;
  BandState m_state;
  BandRows m_rows;
  std::vector<size_t> m_columns;
  int m_shown = 1;
  float m_left = 0, m_pitch = 0;
};

}  // namespace

Scene makePushScene(const PushView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Lab, view.panel, size, look, view.description);
  Panel panel(Instrument::Lab, size, look);
  PushPainter(panel, view).paint();
  panel.titleBar(view.panel);
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
