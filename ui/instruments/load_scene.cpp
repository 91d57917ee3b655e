#include "ui/instruments/load_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/band.h"
#include "ui/numbers.h"

namespace ui {
namespace {

struct Scale {
  float left = 0, perChoice = 0;
  float x(double choices) const { return left + perChoice * static_cast<float>(choices); }
};

void bar(Panel& p, const LoadRow& row, const Scale& scale, float centre, float height) {
  const float y = std::floor(centre - height / 2 + 0.5f);
  if (row.kept > 0) p.scene.fill({scale.left, y, std::max(1.0f, scale.x(row.kept) - scale.left), height}, p.theme.kept);
  if (row.dropped > 0) {
    const float from = std::floor(scale.x(row.kept)) + 1;
    p.hatchedBox({from, y, std::max(2.0f, scale.x(row.count()) - from), height}, p.theme.dropped);
  }
  // Under a replay what the run had, outlined, a little higher than the bar.
  if (row.recorded > 0 && row.recorded != row.count() && height >= 3) {
    p.scene.outline({scale.left, y - 1, std::max(2.0f, scale.x(row.recorded) - scale.left), height + 2}, p.theme.fg2);
  }
}

void lines(Panel& p, const LoadView& v, const Scale& scale, float top, float bottom) {
  const float ideal = std::floor(scale.x(v.ideal));
  if (v.ideal > 0) p.scene.line({ideal, top}, {ideal, bottom}, p.theme.fg1, 1, Dash::Dash33);
  if (v.capacity >= 0) {
    const float at = std::floor(scale.x(v.capacity)) + 1;
    p.scene.line({at, top}, {at, bottom}, p.theme.fg1, 1.5f);
  }
}

// "ideal" to the left of its line and "C 8" to the right of its own; the other way round where the lines are.
void heads(Panel& p, const LoadView& v, const Scale& scale, float y, float right) {
  const auto& say = p.look.say;
  const std::string ideal = say(Say::Ideal), capacity = v.capacity >= 0 ? say(Say::CapacityShort, v.capacity) : "";
  const bool idealFirst = v.capacity < 0 || v.ideal <= v.capacity;
  const std::string& leftWord = idealFirst ? ideal : capacity;
  const std::string& rightWord = idealFirst ? capacity : ideal;
  const double leftAt = idealFirst ? v.ideal : v.capacity, rightAt = idealFirst ? v.capacity : v.ideal;
  const float leftWidth = p.widthOf(leftWord, p.words());
  float x = std::max(p.pad(), scale.x(leftAt) - 3 - leftWidth);
  const Rect first = p.text(x, y, leftWord, p.words(), p.theme.fg2);
  if (rightWord.empty()) return;
  x = std::max(first.right() + p.u(6), scale.x(rightAt) + 5);
  if (x + p.widthOf(rightWord, p.words()) <= right) p.text(x, y, rightWord, p.words(), p.theme.fg2);
}

void footer(Panel& p, const LoadView& v, float centre) {
  const auto& say = p.look.say;
  const float right = p.width - p.pad();
  float x = p.text(p.pad(), centre, say(Say::MaxVio), p.words(), p.theme.fg2).right() + p.u(4);
  x = p.text(x, centre, ratioText(v.maxViolation), p.numbers(500), p.theme.fg1).right() + p.u(8);
  const auto pair = [&](const std::string& word, const std::string& value) {
    if (x + p.widthOf(word, p.words()) + p.u(4) + p.widthOf(value, p.numbers(500)) > right) return false;
    x = p.text(x, centre, word, p.words(), p.theme.fg2).right() + p.u(4);
    x = p.text(x, centre, value, p.numbers(500), p.theme.fg1).right() + p.u(8);
    return true;
  };
  if (v.beside) {
    const std::string word = say(Say::InTheRun);
    if (x + p.u(13) + p.widthOf(word, p.words()) <= right) {
      p.scene.outline({std::floor(x), std::floor(centre - p.u(4)), p.u(8), p.u(8)}, p.theme.fg2);
      x = p.text(x + p.u(13), centre, word, p.words(), p.theme.fg2).right() + p.u(8);
    }
  }
  pair(say(Say::Ideal), shortText(v.ideal));
  std::string names;
  for (const int e : v.dead) names += (names.empty() ? "" : " ") + expertLabel(e, v.experts);
  if (!v.dead.empty() && !pair(say(Say::Dead), names)) {
    pair(say(Say::Dead), countText(static_cast<int64_t>(v.dead.size())));
  }
  pair(say(Say::Entropy), say(Say::EntropyOfMost, natsText(v.entropy), natsText(std::log(v.experts))));
}

}  // namespace

Scene makeLoadScene(const LoadView& v, Size size, const Look& look) {
  if (v.panel.notice) return emptyScene(Instrument::Load, v.panel, size, look, v.description);
  Panel p(Instrument::Load, size, look);
  const BandRows rows = bandRows(v.experts, p.height, p.theme.textScale, v.cursorExpert, p.look.ownLabels);
  const BandState state{v.experts, v.cursorExpert, v.chosenNow, {}};
  paintBandRows(p, rows, state, true);
  const float left = p.pad() + (look.ownLabels ? expertLabelWidth(p, v.experts) : 0);
  const float right = p.width - p.pad(), ratioWidth = p.u(34);
  const float countWidth = std::max(p.u(20), p.widthOf(countText(v.highest), p.numbers())) + p.u(6);
  const bool counts = right - left - ratioWidth - countWidth >= p.u(70);  // loses its counts but keeps x ideal
  const float barsRight = right - ratioWidth - (counts ? countWidth : 0) - p.u(4);
  const double most = std::max({v.highest, v.capacity, static_cast<int>(std::ceil(v.ideal)), 1});
  const Scale scale{left, std::max(0.0f, barsRight - left) / static_cast<float>(most)};
  for (int row = rows.first; row < rows.first + rows.count; ++row) {
    const LoadRow& r = v.rows[static_cast<size_t>(row)];
    const float centre = rows.centre(row);
    p.scene.setId(p.id(Element::LoadBar, -1, v.layer, row));
    bar(p, r, scale, centre, std::max(1.0f, rows.labelled ? std::floor(rows.height * 0.55f) : rows.height - 1));
    p.scene.setId(0);
    if (!rows.labelled) continue;
    const bool strong = r.dropped > 0 || row == v.cursorExpert || state.isChosen(row);
    p.text(right, centre, ratioText(r.overIdeal), p.numbers(), strong ? p.theme.fg1 : p.theme.fg2, Scene::Align::Right);
    if (counts) {
      p.text(right - ratioWidth, centre, countText(r.count()), p.numbers(), p.theme.fg1, Scene::Align::Right);
    }
  }
  lines(p, v, scale, rows.top - 4, rows.bottom() + 2);
  if (look.ownLabels) paintExpertLabels(p, rows, state, p.pad());
  const float head = rows.top - p.u(kHeadHeight) / 2 - 1;
  const Rect unit = p.text(right, head, look.say(Say::TimesIdeal), p.words(), p.theme.fg3, Scene::Align::Right);
  heads(p, v, scale, head, unit.x - p.u(6));
  footer(p, v, rows.footer);
  p.titleBar(v.panel);
  describeInto(p.scene, v.description);
  return p.take();
}

Scene makeLoadByLayerScene(const LoadByLayerView& v, Size size, const Look& look) {
  if (v.panel.notice) return emptyScene(Instrument::LoadByLayer, v.panel, size, look, v.description);
  Panel p(Instrument::LoadByLayer, size, look);
  const float top = p.titleBar(v.panel) + p.u(kHeadHeight), bottom = p.height - p.u(8);
  const float least = p.u(64);
  const int fit = std::max(1, static_cast<int>((p.width - 2 * p.pad()) / least));
  const int count = std::min(static_cast<int>(v.layers.size()), fit);
  int first = 0;
  for (size_t i = 0; i < v.layers.size(); ++i) {
    if (v.layers[i].layer == v.cursorLayer) first = static_cast<int>(i) - count / 2;
  }
  first = std::clamp(first, 0, static_cast<int>(v.layers.size()) - count);
  const float pitch = (p.width - 2 * p.pad()) / static_cast<float>(std::max(1, count));
  for (int i = 0; i < count; ++i) {
    const LoadView& one = v.layers[static_cast<size_t>(first) + static_cast<size_t>(i)];
    const float x = std::floor(p.pad() + pitch * static_cast<float>(i)), w = std::floor(pitch - p.u(14));
    const bool here = one.layer == v.cursorLayer;
    const float head = top - p.u(kHeadHeight) / 2;
    p.scene.setId(p.id(Element::LayerMark, -1, one.layer));
    p.scene.area({x, head - p.u(8), w, bottom - head});
    p.scene.setId(0);
    const Rect label = p.text(x, head, layerLabel(one.layer), p.numbers(500), here ? p.theme.accentText : p.theme.fg1);
    int dropped = 0;
    for (const LoadRow& r : one.rows) dropped += r.dropped;
    const std::string vio = ratioText(one.maxViolation);
    p.firstThatFits(
        label.right() + p.u(8), head, x + w - label.right() - p.u(8),
        {one.capacity >= 0 ? look.say(Say::LoadByLayerHead, dropped, vio) : look.say(Say::LoadByLayerHeadNoRule, vio),
         look.say(Say::LoadByLayerHeadNoRule, vio)},
        p.words(), p.theme.fg3);
    if (here) p.scene.fill({x, top - 3, w, 2}, p.theme.accent);
    const float row = (bottom - top) / static_cast<float>(std::max<size_t>(1, one.rows.size()));
    const Scale scale{x, w / static_cast<float>(std::max({v.highest, one.capacity, 1}))};
    for (const LoadRow& r : one.rows) {
      const float centre = top + row * (static_cast<float>(r.expert) + 0.5f);
      if (r.expert == v.cursorExpert) p.scene.fill({x - 4, centre - row / 2, w + 8, std::max(1.0f, row)}, p.theme.sel);
      p.scene.setId(p.id(Element::LoadBar, -1, one.layer, r.expert));
      bar(p, r, scale, centre, std::max(1.0f, std::floor(row * 0.85f)));
      p.scene.setId(0);
    }
    lines(p, one, scale, top, bottom);
  }
  describeInto(p.scene, v.description);
  return p.take();
}

}  // namespace ui
