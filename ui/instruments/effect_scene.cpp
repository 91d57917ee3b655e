#include "ui/instruments/effect_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/axis.h"
#include "ui/instruments/panel.h"
#include "ui/numbers.h"

namespace ui {
namespace {

class EffectPainter {
 public:
  EffectPainter(Panel& panel, const EffectView& view, float top) : p(panel), v(view) {
    m_left = p.pad() + p.u(44);
    m_right = p.width - p.pad();
    m_pitch = (m_right - m_left) / static_cast<float>(std::max(1, v.length));
    const float room = p.height - top - p.u(20);
    m_top = {top + p.u(18), top + room * 0.5f};
    m_bottom = {m_top.bottom + p.u(22), top + room};
  }

  void paint() {
    const Axis kl = niceAxis(0, std::max(v.highKl, 1e-6), 3);
    const Axis surprisal = niceAxis(0, std::max(v.highSurprisal, 1e-6), 3);
    head(m_top, p.look.say(Say::EffectKlHead), kl);
    head(m_bottom, p.look.say(Say::EffectSurprisalHead), surprisal);
    for (const EffectBar& bar : v.bars) {
      p.scene.setId(p.id(Element::Token, bar.token));
      const Rect whole{x(bar.token), m_top.top, std::max(1.0f, m_pitch), m_bottom.bottom - m_top.top};
      p.scene.area(whole);
      column(m_top, bar.token, bar.kl, kl.high, bar.likeliestChanged ? p.theme.dropped : p.theme.routed, true);
      column(m_bottom, bar.token, bar.after, surprisal.high, p.theme.kept, true);
      column(m_bottom, bar.token, bar.before, surprisal.high, p.theme.fg1, false);
      p.scene.setId(0);
    }
    if (v.firstChanged > 0) {
      p.scene.line({x(v.firstChanged), m_top.top - 4}, {x(v.firstChanged), m_bottom.bottom}, p.theme.fg2, 1,
                   Dash::Dots23);
    }
    if (v.cursorToken < v.length) {
      const float at = x(v.cursorToken), w = std::max(2.0f, std::floor(m_pitch));
      const Colour thin = withAlpha(p.theme.accent, 0.65);
      p.scene.fill({at - 1, m_top.top - 4, 1, m_bottom.bottom - m_top.top + 4}, thin);
      p.scene.fill({at + w, m_top.top - 4, 1, m_bottom.bottom - m_top.top + 4}, thin);
    }
    foot();
  }

 private:
  struct Band {
    float top = 0, bottom = 0;
  };

  float x(int token) const { return std::floor(m_left + m_pitch * static_cast<float>(token)); }

  void head(const Band& band, const std::string& what, const Axis& axis) {
    p.fitted(m_left, band.top - p.u(9), m_right - m_left, what, p.words(), p.theme.fg3);
    for (double value = axis.low; value <= axis.high + axis.step / 2; value += axis.step) {
      const float y = yAt(band, value, axis.high);
      p.scene.line({m_left, y}, {m_right, y}, p.theme.line);
      p.text(m_left - p.u(6), y, fmt::format("{:.3g}", value), p.numbers(), p.theme.fg3, Scene::Align::Right);
    }
  }

  static float yAt(const Band& band, double value, double high) {
    return std::floor(band.bottom - (band.bottom - band.top) * static_cast<float>(value / high)) + 0.5f;
  }

  void column(const Band& band, int token, double value, double high, Colour colour, bool filled) {
    if (!std::isfinite(value) || value <= 0) return;
    const float y = std::floor(yAt(band, value, high)),
                w = std::max(1.0f, std::floor(m_pitch) - (m_pitch >= 3 ? 1.0f : 0));
    const Rect bar{x(token), y, w, std::max(1.0f, band.bottom - y)};
    if (filled) {
      p.scene.fill(bar, colour);
    } else if (w >= 3) {
      p.scene.outline(bar, colour);
    } else {
      p.scene.fill({bar.x, bar.y, bar.width, 1}, colour);
    }
  }

  void foot() {
    const float y = p.height - p.u(10);
    const auto number = [&](int token, bool here) {
      const std::string text = fmt::format("{}", token);
      const float half = p.widthOf(text, p.numbers(here ? 500 : 400)) / 2;
      const float at = std::clamp(x(token) + m_pitch / 2, m_left + half, m_right - half);
      if (!here && std::abs(at - m_cursorLabel) < half + p.u(20)) return;
      if (here) m_cursorLabel = at;
      p.text(at, y, text, p.numbers(here ? 500 : 400), here ? p.theme.accentText : p.theme.fg3, Scene::Align::Centre);
    };
    if (v.cursorToken < v.length) number(v.cursorToken, true);
    number(0, false);
    number(std::max(0, v.length - 1), false);
  }

  Panel& p;
  const EffectView& v;
  float m_left = 0, m_right = 0, m_pitch = 0, m_cursorLabel = -1000;
  Band m_top, m_bottom;
};

}  // namespace

Scene makeEffectScene(const EffectView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Lab, view.panel, size, look, view.description);
  Panel panel(Instrument::Lab, size, look);
  const float top = panel.titleBar(view.panel);
  EffectPainter(panel, view, top).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
