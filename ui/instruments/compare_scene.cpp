#include "ui/instruments/compare_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/compare_parts.h"
#include "ui/instruments/panel.h"
#include "ui/numbers.h"

namespace ui {
namespace {

// Header: the two names and where the routing parts first.
float header(Panel& p, const CompareView& v) {
  const auto& say = p.look.say;
  const float h = p.u(36), centre = h / 2, right = p.width - p.pad();
  float x = p.pad();
  const auto run = [&](const std::string& letter, const std::string& name, const std::string& tokens) {
    x = p.text(x, centre, letter, p.words(kSizeWord, 600), p.theme.fg1).right() + p.u(6);
    x = p.fitted(x, centre, std::max(0.0f, p.width * 0.22f), name, p.tokens(kSizeWord, 600), p.theme.fg1).right() +
        p.u(10);
    if (p.width >= p.u(700)) x = p.text(x, centre, tokens, p.words(), p.theme.fg3).right();
    x += p.u(22);
  };
  run(say(Say::RunA), v.nameA, v.tokensA);
  run(say(Say::RunB), v.nameB, v.tokensB);
  float end = right;
  if (v.partColumn >= 0) {
    const float w = p.widthOf(say(Say::Jump), p.words(kSizeWord)) + p.u(32);
    if (x + w < right) {
      p.button({std::floor(right - w), centre - p.u(12), std::floor(w), p.u(24)}, say(Say::Jump), false,
               p.id(Element::Action, -1, -1, -1, static_cast<int>(Action::JumpToFirstDifference)));
      end = right - w - p.u(10);
    }
  }
  if (end - x > p.u(60))
    p.fitted(end, centre, end - x, v.partSentence, p.tokens(kSizeNumber), p.theme.fg2, Scene::Align::Right);
  p.scene.fill({0, h - 1, p.width, 1}, p.theme.line);
  return h;
}

}  // namespace

Scene makeCompareScene(const CompareView& v, Size size, const Look& look) {
  if (v.panel.notice) return emptyScene(Instrument::Compare, v.panel, size, look, v.description);
  Panel p(Instrument::Compare, size, look);
  const float top = header(p, v);
  if (look.focused) p.scene.fill({0, 0, p.width, 2}, p.theme.accent);
  const float pair = p.u(50);
  const int strips = p.height >= p.u(560) ? 2 : 1;
  const float stripBottom = top + p.u(8) + pair * static_cast<float>(strips);
  paintComparedStrips(p, v, top + p.u(8), strips, pair);
  p.scene.fill({0, stripBottom, p.width, 1}, p.theme.line);
  // Layers: 17 px each, less where they would take more than two fifths of the rest.
  const float rest = p.height - stripBottom;
  const float heads = p.u(30 + 8 + 26);
  const float wish = p.u(17) * static_cast<float>(v.layers);
  const float layers = std::max(p.u(12), std::min(wish, rest * 0.42f - heads));
  paintSharedChoices(p, v, {0, stripBottom, p.width, heads + layers});
  const float lower = std::floor(stripBottom + heads + layers);
  p.scene.fill({0, lower, p.width, 1}, p.theme.line);
  const float half = std::floor(p.width * 0.5625f);
  p.scene.fill({half, lower, 1, p.height - lower}, p.theme.line);
  paintButterfly(p, v, {0, lower, half, p.height - lower});
  paintPairedPredictions(p, v, {half + 1, lower, p.width - half - 1, p.height - lower});
  describeInto(p.scene, v.description);
  return p.take();
}

}  // namespace ui
