#include "ui/instruments/placement_curve.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/axis.h"
#include "ui/numbers.h"

namespace ui {

void paintPlacementCurve(Panel& p, const PlacementCurve& curve, const Rect& area) {
  p.fitted(area.x, area.y + p.u(10), area.width, curve.title, p.words(), p.theme.fg2);
  const float top = area.y + p.u(26), bottom = area.bottom() - p.u(18), left = area.x + p.u(38);
  const float right = area.right() - p.u(6);
  if (right - left < 30 || bottom - top < 24 || curve.tokens.empty()) return;
  double high = curve.least;
  for (const std::vector<double>* all : {&curve.value, &curve.chance, &curve.high}) {
    for (const double value : *all) high = std::isfinite(value) ? std::max(high, value) : high;
  }
  const Axis axis = niceAxis(0, std::max(high, 1e-3), std::max(2, static_cast<int>((bottom - top) / p.u(34))));
  const auto y = [&](double value) { return bottom - (bottom - top) * static_cast<float>(value / axis.high); };
  const auto last = static_cast<float>(std::max<size_t>(1, curve.tokens.size() - 1));
  const auto x = [&](size_t b) { return left + (right - left) * static_cast<float>(b) / last; };
  for (double tick = 0; tick <= axis.high * 1.0001; tick += axis.step) {
    p.scene.fill({left, std::floor(y(tick)), right - left, 1}, tick == 0 ? p.theme.line2 : p.theme.line);
    p.text(left - p.u(5), y(tick), curve.share ? wholeShareText(tick) : shortText(tick), p.numbers(), p.theme.fg3,
           Scene::Align::Right);
  }
  const auto points = [&](const std::vector<double>& values) {
    std::vector<Point> out;
    for (size_t b = 0; b < values.size(); ++b) {
      if (std::isfinite(values[b])) out.push_back({x(b), y(values[b])});
    }
    return out;
  };
  for (size_t b = 0; b < curve.high.size(); ++b) {
    const float from = y(curve.high[b]), to = y(curve.chance[b]);
    p.scene.fill({x(b) - p.u(3), from, p.u(6), std::max(1.0f, to - from)}, p.theme.bg3);
  }
  if (curve.least > 0) p.scene.line({left, y(curve.least)}, {right, y(curve.least)}, p.theme.fg1, 1, Dash::Dash33);
  p.scene.polyline(points(curve.chance), p.theme.fg2, 1.2f, Dash::Dots23);
  const std::vector<Point> own = points(curve.value);
  p.scene.polyline(own, p.theme.kept, 1.8f);
  for (const Point& at : own) p.scene.fill({at.x - 2.5f, at.y - 2.5f, 5, 5}, p.theme.kept);
  // Numbers of tokens from the right: the whole run is always named.
  float free = area.right() + p.u(8);
  for (size_t b = curve.tokens.size(); b-- > 0;) {
    const std::string text = countText(curve.tokens[b]);
    const float half = p.widthOf(text, p.numbers()) / 2;
    const float at = std::min(x(b), area.right() - half);
    if (at + half > free - p.u(8)) continue;
    p.text(at, bottom + p.u(10), text, p.numbers(), p.theme.fg3, Scene::Align::Centre);
    free = at - half;
  }
}

}  // namespace ui
