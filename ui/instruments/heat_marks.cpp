#include "ui/instruments/heat_marks.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"

namespace ui {

void heatCross(Panel& p, float cx, float cy, float size, Colour ground) {
  if (size >= 7) p.cross(cx, cy, size + 1.5f, p.theme.inkOn(ground), 3.5f);
  p.cross(cx, cy, size, p.theme.dropped, size >= 7 ? 1.8f : 1.4f);
}

void heatGone(Panel& p, const Rect& cell, Colour ground) {
  const float side = std::floor(std::max(3.0f, std::min({p.u(8), cell.width, cell.height})));
  const float x = std::floor(cell.centreX() - side / 2), y = std::floor(cell.centreY() - side / 2);
  p.scene.outline({x, y, side, side}, p.theme.inkOn(ground));
}

void heatNew(Panel& p, const Rect& cell) { p.scene.outline(cell, p.theme.fg1); }

void changeLegend(Panel& p, float left, float centre) {
  const std::string gone = p.look.say(Say::RunAlone), made = p.look.say(Say::ReplayAlone);
  const float side = p.u(8), right = p.width - p.pad();
  float x = left;
  if (x + side + p.u(5) + p.widthOf(gone, p.words()) > right) return;
  p.scene.outline({std::floor(x), std::floor(centre - side / 2), side, side}, p.theme.fg1);
  x = p.text(x + side + p.u(5), centre, gone, p.words(), p.theme.fg2).right() + p.u(10);
  if (x + side + p.u(5) + p.widthOf(made, p.words()) > right) return;
  const Rect frame{std::floor(x), std::floor(centre - side / 2), side, side};
  p.scene.outline(frame, p.theme.fg1);
  p.scene.fill(frame.inset(2), p.theme.fg1);
  p.text(x + side + p.u(5), centre, made, p.words(), p.theme.fg2);
}

namespace {

// "0 [scale]" with room for its end; without it the bar has no width.
Rect scaleBar(Panel& p, float left, float centre, const std::string& end) {
  constexpr int kSteps = 16;
  float x = p.text(left, centre, "0", p.numbers(), p.theme.fg2).right() + p.u(8);
  const float step = std::floor(p.u(4)), h = p.u(8);
  if (x + step * kSteps + p.u(6) + p.widthOf(end, p.numbers()) > p.width - p.pad()) return {x, centre, 0, 0};
  x = std::floor(x);
  const Rect bar{x, std::floor(centre - h / 2), step * kSteps, h};
  for (int i = 0; i < kSteps; ++i) {
    p.scene.fill({x, bar.y, step, h}, p.theme.sequentialAt(static_cast<double>(i) / (kSteps - 1)));
    x += step;
  }
  return bar;
}

}  // namespace

float heatFooter(Panel& p, float left, float centre, double high, bool withChosen, bool withDropped) {
  const auto& say = p.look.say;
  const std::string end = shortText(high);
  const float right = p.width - p.pad();
  const Rect bar = scaleBar(p, left, centre, end);
  if (bar.width == 0) return bar.x;
  float x = bar.right();
  x = p.text(x + p.u(6), centre, end, p.numbers(), p.theme.fg2).right() + p.u(12);
  if (!withChosen) return x;
  const std::string chosen = say(Say::ChosenWord), dropped = say(Say::DroppedWord);
  if (x + p.u(8) + p.widthOf(chosen, p.words()) > right) return x;
  p.scene.fill({std::floor(x), std::floor(centre - 2), 4, 4}, p.theme.fg1);
  x = p.text(x + p.u(8), centre, chosen, p.words(), p.theme.fg2).right() + p.u(8);
  if (!withDropped || x + p.u(13) + p.widthOf(dropped, p.words()) > right) return x;
  p.cross(x + p.u(4), centre, p.u(7), p.theme.dropped);
  return p.text(x + p.u(13), centre, dropped, p.words(), p.theme.fg2).right() + p.u(8);
}

float rateFooter(Panel& p, float left, float centre, double high, bool clipped, double chance) {
  const auto& say = p.look.say;
  const float right = p.width - p.pad();
  std::string end = wholeShareText(high);
  if (clipped) end = say(Say::PairsLegendEnd, end);
  const Rect scale = scaleBar(p, left, centre, end);
  if (scale.width == 0) return scale.x;
  if (chance <= high) {
    const float at = std::floor(scale.x + scale.width * static_cast<float>(chance / high));
    p.scene.fill({at - 1, scale.y - 2, 3, scale.height + 4}, p.theme.bg1);
    p.scene.fill({at, scale.y - 2, 1, scale.height + 4}, p.theme.fg1);
  }
  float x = p.text(scale.right() + p.u(6), centre, end, p.numbers(), p.theme.fg2).right() + p.u(12);
  const std::string even = say(Say::PairsLegendEven, shareText(chance));
  if (x + p.u(7) + p.widthOf(even, p.words()) > right) return x;
  p.scene.fill({std::floor(x), std::floor(centre - p.u(6)), 1, p.u(12)}, p.theme.fg1);
  return p.text(x + p.u(7), centre, even, p.words(), p.theme.fg2).right() + p.u(12);
}

}  // namespace ui
