#include "ui/instruments/prediction_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/panel.h"
#include "ui/instruments/text_fit.h"
#include "ui/numbers.h"

namespace ui {
namespace {

// Token text with its leading dots fainter; elided to `room`. Returns the right edge.
float tokenAt(Panel& p, float x, float centre, float room, const TokenText& text, const TextStyle& style, Colour ink) {
  float at = x;
  if (!text.dots.empty() && p.widthOf(text.dots, style) < room) {
    at = p.text(x, centre, text.dots, style, p.theme.fg3).right();
  }
  if (!text.rest.empty()) at = p.fitted(at, centre, x + room - at, text.rest, style, ink).right();
  return at;
}

void footer(Panel& p, const PredictionView& v, float centre) {
  const auto& say = p.look.say;
  const float right = p.width - p.pad();
  float x = p.pad();
  if (!std::isnan(v.surprisal)) {
    const std::string value = natsText(v.surprisal);
    const float need = p.widthOf(value, p.numbers(500)) + p.u(10);
    x = p.text(x, centre, say(Say::SurprisalOf), p.words(), p.theme.fg2).right() + p.u(4);
    x = tokenAt(p, x, centre, std::max(0.0f, std::min(p.u(90), right - need - x)), v.actualText, p.tokens(kSizeNumber),
                p.theme.fg1) +
        p.u(6);
    if (x + need - p.u(10) <= right) {
      x = p.text(x, centre, value, p.numbers(500), p.theme.fg1).right() + p.u(14);
    }
  }
  if (std::isnan(v.entropy)) return;
  const std::string word = say(Say::Entropy), value = natsText(v.entropy), unit = say(Say::Nats);
  const float need =
      p.widthOf(word, p.words()) + p.widthOf(value, p.numbers(500)) + p.widthOf(unit, p.words()) + p.u(8);
  if (x + need > right) return;
  x = p.text(x, centre, word, p.words(), p.theme.fg2).right() + p.u(4);
  x = p.text(x, centre, value, p.numbers(500), p.theme.fg1).right() + p.u(4);
  p.text(x, centre, unit, p.words(), p.theme.fg2);
}

void generateButtons(Panel& p, float top) {
  const auto& say = p.look.say;
  struct {
    std::string text;
    Action action;
  } const buttons[] = {{say(Say::GenerateOne), Action::Generate1},
                       {say(Say::GenerateTen), Action::Generate10},
                       {say(Say::UntilStop), Action::GenerateUntilStop}};
  float x = p.pad();
  for (const auto& b : buttons) {
    const float w = p.widthOf(b.text, p.words(kSizeWord)) + p.u(22);
    if (x + w > p.width - p.pad()) return;
    p.button({std::floor(x), top, std::floor(w), p.u(26)}, b.text, false,
             p.id(Element::Action, -1, -1, -1, static_cast<int>(b.action)));
    x += w + p.u(4);
  }
}

}  // namespace

Scene makePredictionScene(const PredictionView& v, Size size, const Look& look) {
  if (v.panel.notice) return emptyScene(Instrument::Prediction, v.panel, size, look, v.description);
  Panel p(Instrument::Prediction, size, look);
  const auto& say = look.say;
  const bool buttons = look.live && p.height >= p.u(280);
  const float top = p.titleBar(v.panel) + p.u(4);
  const float bottom = p.height - p.u(buttons ? 22 + 40 : 20);
  const float pitch = std::min(p.u(look.ownLabels ? 44 : 20), (bottom - top) / static_cast<float>(v.rows.size()));
  const size_t fit =
      pitch >= p.u(kRowMin) ? v.rows.size() : std::max<size_t>(1, static_cast<size_t>((bottom - top) / p.u(kRowMin)));
  const float row = std::max(pitch, p.u(kRowMin));
  const float right = p.width - p.pad(), placeRight = p.pad() + p.u(20), text = placeRight + p.u(11);
  const float numberRoom = p.u(48);
  const float bar = std::floor(text + std::max(p.u(60), (right - numberRoom - text) * 0.42f));
  const float barRoom = right - numberRoom - bar - p.u(4);
  float y = top;
  for (size_t i = 0; i < v.rows.size(); ++i) {
    // Where not all fit, the actual token keeps its row.
    const bool last = i + 1 == v.rows.size();
    if (i + 1 > fit || (i + 1 == fit && !last && !v.rows[i].actual && v.rows.back().actual && fit < v.rows.size())) {
      if (!(last && v.rows[i].actual)) continue;
    }
    const Candidate& c = v.rows[i];
    const float centre = y + row / 2;
    const SceneId id = p.id(Element::Candidate, v.token, -1, -1, static_cast<int>(std::min<size_t>(i, 500)));
    p.scene.setId(id);
    if (c.actual || p.hovered(id)) {
      p.scene.fill({0, y, p.width, row}, p.theme.bg3);
    } else {
      p.scene.area({0, y, p.width, row});
    }
    p.text(placeRight, centre, c.place > 0 ? countText(c.place) : say(Say::BelowTen), p.numbers(),
           c.actual ? p.theme.fg2 : p.theme.fg3, Scene::Align::Right);
    tokenAt(p, text, centre, bar - text - p.u(6), c.text, p.tokens(kSizeWord, c.actual ? 600 : 400), p.theme.fg1);
    const float h = std::max(2.0f, std::floor(std::min(row * 0.5f, p.u(16))));
    const float full = v.highest > 0 ? static_cast<float>(std::min(1.0, c.probability / v.highest)) : 0;
    const float w = barRoom > 0 ? std::max(1.0f, barRoom * full) : 0;
    if (w > 0) p.scene.fill({bar, std::floor(centre - h / 2 + 0.5f), w, h}, c.actual ? p.theme.fg1 : p.theme.residual);
    p.text(right, centre, scoreText(c.probability), p.numbers(), p.theme.fg1, Scene::Align::Right);
    if (c.actual) {
      const float x = bar + std::max(0.0f, w) + p.u(8);
      p.firstThatFits(x, centre, right - numberRoom - x, {say(Say::ActualNext), say(Say::ActualShort)}, p.words(),
                      p.theme.fg1);
    }
    p.scene.setId(0);
    y += row;
  }
  footer(p, v, (buttons ? p.height - p.u(40) : p.height) - p.u(10));
  if (buttons) generateButtons(p, p.height - p.u(34));
  describeInto(p.scene, v.description);
  return p.take();
}

}  // namespace ui
