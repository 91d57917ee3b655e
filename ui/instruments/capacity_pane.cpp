#include "ui/instruments/capacity_pane.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/text_fit.h"
#include "ui/numbers.h"

namespace ui {
namespace {

class PanePainter {
 public:
  PanePainter(Panel& panel, const DispatchView& view, float left, float top)
      : p(panel), v(view), say(panel.look.say), m_left(left), m_right(panel.width - panel.pad()), m_y(top) {}

  void paint() {
    rule();
    m_y += p.u(12);
    row(say(Say::CapacityFactor), ratioText(v.factor));
    slider();
    row(say(Say::Capacity), say(Say::SlotsCount, v.capacity));
    p.fitted(m_left, m_y, room(), v.capacityFormula, p.numbers(), p.theme.fg3);
    m_y += p.u(18);
    block(say(Say::AtTheCursor), v.atCursor, p.theme.fg1);
    block(say(v.simulated ? Say::SimulatedHead : Say::ExactHead), v.aboutRule, p.theme.fg2);
  }

 private:
  float room() const { return m_right - m_left; }

  void row(const std::string& name, const std::string& value) {
    p.fitted(m_left, m_y, room() * 0.6f, name, p.words(), p.theme.fg2);
    p.fitted(m_right, m_y, room() * 0.5f, value, p.numbers(), p.theme.fg1, Scene::Align::Right);
    m_y += p.u(18);
  }

  // A box with a triangle: it opens the list of rules.
  void rule() {
    m_y += p.u(12);
    p.text(m_left, m_y, say(Say::RuleWord), p.words(), p.theme.fg2);
    m_y += p.u(12);
    const Rect box{m_left, std::floor(m_y), room(), p.u(24)};
    const SceneId id = p.id(Element::Action, -1, -1, -1, static_cast<int>(Action::ChangeRule));
    p.scene.setId(id);
    p.scene.fill(box, p.hovered(id) ? p.theme.bg3 : p.theme.bg2);
    p.scene.outline(box, p.theme.fg3);
    p.fitted(box.x + p.u(8), box.centreY(), box.width - p.u(32), v.ruleName, p.words(kSizeWord), p.theme.fg1);
    const float x = box.right() - p.u(14), y = box.centreY();
    p.scene.triangle({x - p.u(4), y - p.u(2)}, {x + p.u(4), y - p.u(2)}, {x, y + p.u(3)}, p.theme.fg2);
    p.scene.setId(0);
    m_y += p.u(24);
  }

  float xOf(double factor) const {
    const double part = (std::clamp(factor, kFactorLeast, kFactorMost) - kFactorLeast) / (kFactorMost - kFactorLeast);
    return m_left + p.u(4) + (room() - p.u(8)) * static_cast<float>(part);
  }

  // Every place of the slider takes clicks and drags of its own.
  void slider() {
    const float line = std::floor(m_y), half = (room() - p.u(8)) / static_cast<float>(kFactorPlaces - 1) / 2;
    const float at = std::floor(xOf(v.factor) + 0.5f);
    p.scene.fill({m_left, line, room(), 2}, p.theme.line2);
    p.scene.fill({m_left, line, at - m_left, 2}, p.theme.routed);
    for (int place = 0; place < kFactorPlaces; ++place) {
      p.scene.setId(p.id(Element::Factor, -1, -1, -1, place));
      const float x = xOf(factorAtPlace(place));
      p.scene.area({x - half, line - p.u(10), 2 * half, p.u(22)});
    }
    p.scene.setId(p.id(Element::Factor, -1, -1, -1, placeOfFactor(v.factor)));
    p.scene.fill({at - p.u(4), line - p.u(6), p.u(8), p.u(14)}, p.theme.fg1);
    p.scene.setId(0);
    m_y += p.u(18);
    for (const double tick : {0.5, 1.0, 1.5, 2.0, 2.5}) {
      const Scene::Align align = tick == kFactorLeast  ? Scene::Align::Left
                                 : tick == kFactorMost ? Scene::Align::Right
                                                       : Scene::Align::Centre;
      const float x = tick == kFactorLeast ? m_left : tick == kFactorMost ? m_right : xOf(tick);
      p.text(x, m_y, shortText(tick), p.numbers(), p.theme.fg3, align);
    }
    m_y += p.u(22);
  }

  void block(const std::string& heading, const std::string& text, Colour ink) {
    const float line = p.u(18);
    if (m_y + 2 * line > p.height) return;
    p.scene.fill({m_left, std::floor(m_y), room(), 1}, p.theme.line);
    m_y += p.u(14);
    p.text(m_left, m_y, heading, p.words(kSizeNumber, 600), p.theme.fg1);
    m_y += line;
    const int lines = static_cast<int>((p.height - m_y) / line);
    for (const std::string& l : wrapText(p.look.shaper, text, p.words(), room(), std::min(7, lines))) {
      p.text(m_left, m_y, l, p.words(), ink);
      m_y += line;
    }
  }

  Panel& p;
  const DispatchView& v;
  const Phrases& say;
  const float m_left, m_right;
  float m_y;
};

}  // namespace

void paintCapacityPane(Panel& panel, const DispatchView& view, float left, float top) {
  PanePainter(panel, view, left, top).paint();
}

}  // namespace ui
