#include "ui/instruments/knockout_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/panel.h"
#include "ui/numbers.h"

namespace ui {
namespace {

constexpr float kRow = 17;

class KnockoutPainter {
 public:
  KnockoutPainter(Panel& panel, const KnockoutView& view, float top) : p(panel), v(view), m_top(top + p.u(20)) {
    float label = 0;
    for (const KnockoutRow& row : v.rows) label = std::max(label, p.widthOf(labelOf(row), p.numbers(500)));
    m_left = p.pad() + label + p.u(10);
    m_numbers = p.u(52);
    const int columns = p.width > p.u(520) ? 4 : 1;
    m_right = std::max(m_left + p.u(40), p.width - p.pad() - m_numbers * static_cast<float>(columns));
    m_columns = columns;
    m_fit = std::max(1, static_cast<int>((p.height - m_top - p.u(24)) / p.u(kRow)));
  }

  void paint() {
    heads();
    band();
    const int count = std::min(m_fit, static_cast<int>(v.rows.size()));
    for (int i = 0; i < count; ++i) row(v.rows[static_cast<size_t>(i)], m_top + p.u(kRow) * static_cast<float>(i));
    footer(count);
  }

 private:
  std::string labelOf(const KnockoutRow& row) const { return placeLabel(row.layer, row.expert, v.experts); }
  double high() const { return std::max({v.high, v.control.high, 1e-9}); }
  float x(double kl) const { return m_left + (m_right - m_left) * static_cast<float>(kl / high()); }
  float column(int i) const { return m_right + m_numbers * static_cast<float>(i + 1); }

  void heads() {
    const float y = m_top - p.u(10);
    const auto& say = p.look.say;
    const Say all[] = {Say::EffectKl, Say::KnockoutSurprisal, Say::KnockoutPredicted, Say::KnockoutUses};
    for (int i = 0; i < m_columns; ++i) {
      p.text(column(i), y, say(all[i]), p.words(), p.theme.fg3, Scene::Align::Right);
    }
  }

  // The random expert: its interval as a band, its mean as a line, over all rows.
  void band() {
    if (!std::isfinite(v.control.mean)) return;
    const float bottom = p.height - p.u(22);
    const float low = std::floor(x(std::max(0.0, v.control.low))), up = std::ceil(x(v.control.high));
    p.scene.fill({low, m_top - 2, std::max(1.0f, up - low), bottom - m_top + 2}, p.theme.bg3);
    const float mean = std::floor(x(v.control.mean));
    p.scene.line({mean, m_top - 4}, {mean, bottom}, p.theme.fg2, 1, Dash::Dash33);
  }

  void row(const KnockoutRow& r, float top) {
    const float centre = top + p.u(kRow) / 2;
    const bool here = r.layer == v.cursorLayer && r.expert == v.cursorExpert;
    const SceneId id = p.id(Element::ExpertRow, -1, r.layer, r.expert);
    p.scene.setId(id);
    const Rect all{p.pad(), top, p.width - 2 * p.pad(), p.u(kRow)};
    if (p.hovered(id)) {
      p.scene.fill(all, p.theme.bg3);
    } else {
      p.scene.area(all);
    }
    p.text(p.pad(), centre, labelOf(r), p.numbers(500), here ? p.theme.accentText : p.theme.fg1);
    if (r.kl > 0) {
      const float h = p.u(9);
      p.scene.fill({m_left, std::floor(centre - h / 2), std::max(1.0f, x(r.kl) - m_left), h},
                   r.above ? p.theme.routed : p.theme.residual);
    }
    const std::string texts[] = {std::isfinite(r.kl) ? fmt::format("{:.4f}", r.kl) : "\u2013",
                                 std::isfinite(r.surprisal) ? signedText(r.surprisal) : "\u2013",
                                 std::isfinite(r.predicted) ? signedText(r.predicted) : "\u2013", countText(r.uses)};
    for (int i = 0; i < m_columns; ++i) {
      p.text(column(i), centre, texts[i], p.numbers(), r.above ? p.theme.fg1 : p.theme.fg2, Scene::Align::Right);
    }
    p.scene.setId(0);
  }

  void footer(int shown) {
    const auto& say = p.look.say;
    const float y = p.height - p.u(11);
    std::string text = say(Say::KnockoutLegend, fmt::format("{:.4f}", v.control.mean),
                           fmt::format("{:.4f}", v.control.low), fmt::format("{:.4f}", v.control.high));
    if (shown < static_cast<int>(v.rows.size())) {
      text = say(Say::MoreRows, countText(static_cast<int64_t>(v.rows.size()) - shown)) + " \u00B7 " + text;
    }
    p.fitted(p.pad(), y, p.width - 2 * p.pad(), text, p.words(), p.theme.fg2);
  }

  Panel& p;
  const KnockoutView& v;
  float m_top = 0, m_left = 0, m_right = 0, m_numbers = 0;
  int m_columns = 1, m_fit = 1;
};

}  // namespace

Scene makeKnockoutScene(const KnockoutView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Lab, view.panel, size, look, view.description);
  Panel panel(Instrument::Lab, size, look);
  const float top = panel.titleBar(view.panel);
  KnockoutPainter(panel, view, top).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
