#include <algorithm>
#include <cmath>

#include "ui/instruments/band.h"
#include "ui/instruments/heat_marks.h"
#include "ui/instruments/heat_scenes.h"
#include "ui/numbers.h"

namespace ui {
namespace {

// Up to 40 layers all stand side by side; of more as many as have room to be told apart, around the cursor's.
constexpr int kMostLayersAtOnce = 40;
float leastColumn(int layers) { return layers <= kMostLayersAtOnce ? 3 : 8; }

class LayersPainter {
 public:
  LayersPainter(Panel& panel, const LayersExpertsView& view) : p(panel), v(view) {
    rows = bandRows(v.experts, p.height, p.theme.textScale, v.cursorExpert, p.look.ownLabels);
    state = {v.experts, v.cursorExpert, v.chosenNow, {}};
    m_left = p.pad() + expertLabelWidth(p, v.experts);
    const float room = std::max(0.0f, p.width - p.pad() - m_left);
    m_count = std::clamp(static_cast<int>(room / leastColumn(v.layers)), 0, v.layers);
    m_first = std::clamp(v.cursorLayer - m_count / 2, 0, v.layers - m_count);
    m_pitch = m_count > 0 ? std::min(p.u(p.look.ownLabels ? 96 : 40), room / static_cast<float>(m_count)) : 0;
  }

  void paint() {
    paintBandRows(p, rows, state, false);
    for (int i = 0; i < m_count; ++i) column(m_first + i, x(i), std::floor(x(i + 1)) - x(i));
    paintExpertLabels(p, rows, state, p.pad());
    heads();
    cursor();
    if (v.beside) {
      changeLegend(p, m_left, rows.footer);
    } else {
      heatFooter(p, m_left, rows.footer, v.high, false, false);
    }
  }

 private:
  float x(int i) const { return std::floor(m_left + m_pitch * static_cast<float>(i)); }

  void column(int layer, float left, float width) {
    const auto l = static_cast<size_t>(layer);
    const float gap = m_pitch >= 6 ? 1.0f : 0.0f, rowGap = rows.height >= 5 ? 1.0f : 0.0f;
    for (int e = rows.first; e < rows.first + rows.count; ++e) {
      const HeatCell& cell = v.at(layer, e);
      const Rect r{left, rows.y(e), width - gap, rows.height - rowGap};
      const SceneId id = p.id(Element::Cell, v.token, layer, e);
      p.scene.setId(id);
      if (v.dense[l]) {
        if (rows.height >= 5 || e % 3 == 0) p.scene.fill({r.centreX() - 1, r.centreY() - 1, 2, 2}, p.theme.line2);
      } else if (!v.known[l]) {
        p.scene.outline(r, p.theme.line);
      } else {
        one(cell, r);
      }
      if (p.hovered(id)) p.scene.outline(r, p.theme.fg2);
      p.scene.setId(0);
    }
  }

  void one(const HeatCell& cell, const Rect& r) {
    Colour ground = p.theme.bg2;
    if (!std::isnan(cell.score)) ground = p.theme.sequentialAt(static_cast<double>(cell.score) / v.high);
    p.scene.fill(r, ground);
    if (cell.rank < 0) {
      if (cell.recorded) heatGone(p, r, ground);
      return;
    }
    const Colour ink = p.theme.inkOn(ground);
    const std::string digits = fmt::format("{}", cell.rank + 1);
    const bool roomy = rows.labelled && r.width >= p.widthOf(digits, p.numbers()) + 2;
    if (cell.dropped) {
      heatCross(p, r.centreX(), r.centreY(), std::min({p.u(8), r.width - 2, r.height - 2}), ground);
    } else if (roomy) {
      p.text(r.centreX(), r.centreY(), digits, p.numbers(), ink, Scene::Align::Centre);
    } else {
      const float side = std::min(4.0f, std::max(2.0f, r.height - 2));
      p.scene.fill({std::floor(r.centreX() - side / 2), std::floor(r.centreY() - side / 2), side, side}, ink);
    }
    if (v.beside && !cell.recorded) heatNew(p, r);
  }

  void heads() {
    const float y = rows.top - p.u(kHeadHeight) / 2 - 1;
    std::vector<std::pair<float, float>> taken;
    const auto label = [&](int i, bool here) {
      const std::string text = layerLabel(m_first + i);
      const float half = p.widthOf(text, p.numbers(here ? 500 : 400)) / 2, centre = x(i) + m_pitch / 2;
      if (centre + half > p.width - 2) return;
      for (const auto& [a, b] : taken) {
        if (centre + half + p.u(3) > a && centre - half - p.u(3) < b) return;
      }
      taken.emplace_back(centre - half, centre + half);
      p.scene.setId(p.id(Element::LayerMark, -1, m_first + i));
      p.text(centre, y, text, p.numbers(here ? 500 : 400), here ? p.theme.accentText : p.theme.fg3,
             Scene::Align::Centre);
      p.scene.setId(0);
    };
    if (m_count == 0) return;
    label(v.cursorLayer - m_first, true);
    if (m_pitch >= p.u(20)) {
      for (int i = 0; i < m_count; ++i) label(i, m_first + i == v.cursorLayer);
    } else {
      for (int i = 0; i < m_count; ++i) {
        if ((m_first + i) % 8 == 0) label(i, m_first + i == v.cursorLayer);
      }
      label(m_count - 1, false);
    }
  }

  void cursor() {
    const int i = v.cursorLayer - m_first;
    if (i < 0 || i >= m_count || !rows.visible(v.cursorExpert)) return;
    const float gap = m_pitch >= 6 ? 1.0f : 0.0f;
    p.cursorBox({x(i), rows.y(v.cursorExpert), x(i + 1) - x(i) - gap, rows.height - 1});
  }

  Panel& p;
  const LayersExpertsView& v;
  BandRows rows;
  BandState state;
  float m_left = 0, m_pitch = 0;
  int m_first = 0, m_count = 0;
};

}  // namespace

Scene makeLayersExpertsScene(const LayersExpertsView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::LayersExperts, view.panel, size, look, view.description);
  Panel panel(Instrument::LayersExperts, size, look);
  LayersPainter(panel, view).paint();
  panel.titleBar(view.panel);
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
