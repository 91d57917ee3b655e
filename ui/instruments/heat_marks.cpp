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

float heatFooter(Panel& p, float left, float centre, double high, bool withChosen, bool withDropped) {
  const auto& say = p.look.say;
  float x = p.text(left, centre, "0", p.numbers(), p.theme.fg2).right() + p.u(8);
  constexpr int kSteps = 16;
  const float step = std::floor(p.u(4)), h = p.u(8);
  const std::string end = shortText(high);
  const float right = p.width - p.pad();
  if (x + step * kSteps + p.u(6) + p.widthOf(end, p.numbers()) > right) return x;
  x = std::floor(x);
  for (int i = 0; i < kSteps; ++i) {
    p.scene.fill({x, std::floor(centre - h / 2), step, h}, p.theme.sequentialAt(static_cast<double>(i) / (kSteps - 1)));
    x += step;
  }
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

}  // namespace ui
