#include "ui/instruments/drops_chart.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/axis.h"
#include "ui/numbers.h"

namespace ui {
namespace {

struct Curve {
  std::string label;
  Colour colour;
  Dash dash;
  double DropsBin::*value;
};

}  // namespace

void paintDropsChart(Panel& p, const DropsView& v, const Rect& area, bool heading) {
  const auto& say = p.look.say;
  float top = area.y + p.u(10);
  if (heading) {
    p.fitted(area.x + p.pad(), top + p.u(6), area.width - 2 * p.pad(), say(Say::ByPositionSub), p.words(), p.theme.fg2);
    top += p.u(24);
  }
  const float bottom = area.bottom() - p.u(26);
  const Curve curves[] = {{say(Say::OwnShares), p.theme.fg2, Dash::Dash63, &DropsBin::ownShares},
                          {say(Say::Shuffled), p.theme.fg2, Dash::DashDot8222, &DropsBin::shuffled},
                          {say(Say::UniformRouter), p.theme.fg2, Dash::Dots23, &DropsBin::uniform},
                          {say(Say::ThisRun), p.theme.dropped, Dash::Solid, &DropsBin::share}};
  float names = 0;
  for (const Curve& c : curves) names = std::max(names, p.widthOf(c.label, p.words()));
  const bool labels = area.width >= p.u(320) && bottom - top >= p.u(60);
  const float left = area.x + p.pad() + p.u(40);
  const float right = area.right() - p.pad() - (labels ? names + p.u(10) : 0);
  if (right - left < 20 || bottom - top < 20 || v.bins.empty()) return;
  const Axis axis = niceAxis(0, std::max(v.highest, 0.01), std::max(2, static_cast<int>((bottom - top) / p.u(40))));
  const auto y = [&](double share) { return bottom - (bottom - top) * static_cast<float>(share / axis.high); };
  const float pitch = (right - left) / static_cast<float>(v.bins.size());
  const auto x = [&](size_t bin) { return left + pitch * (static_cast<float>(bin) + 0.5f); };
  for (double tick = 0; tick <= axis.high * 1.0001; tick += axis.step) {
    p.scene.fill({left, std::floor(y(tick)), right - left, 1}, tick == 0 ? p.theme.line2 : p.theme.line);
    p.text(left - p.u(6), y(tick), wholeShareText(tick), p.numbers(), p.theme.fg3, Scene::Align::Right);
  }
  // The shuffles' middle 90 % as a band of thin bars, one a bin.
  for (size_t b = 0; b < v.bins.size(); ++b) {
    const DropsBin& bin = v.bins[b];
    const float w = std::max(3.0f, std::min(pitch * 0.5f, p.u(14)));
    const float high = y(bin.high), low = y(bin.low);
    p.scene.fill({x(b) - w / 2, high, w, std::max(1.0f, low - high)}, p.theme.bg3);
  }
  for (const Curve& c : curves) {
    std::vector<Point> points;
    for (size_t b = 0; b < v.bins.size(); ++b) {
      if (!std::isnan(v.bins[b].*c.value)) points.push_back({x(b), y(v.bins[b].*c.value)});
    }
    p.scene.polyline(points, c.colour, c.dash == Dash::Solid ? 1.8f : 1.2f, c.dash);
    if (c.dash == Dash::Solid) {
      for (const Point& q : points) p.scene.fill({q.x - 2.5f, q.y - 2.5f, 5, 5}, c.colour);
    }
  }
  float free = left;
  for (size_t b = 0; b < v.bins.size(); ++b) {
    const DropsBin& bin = v.bins[b];
    p.scene.setId(p.id(Element::Position, bin.first, -1, -1, static_cast<int>(b)));
    p.scene.area({x(b) - pitch / 2, top, pitch, bottom - top});
    const std::string text = fmt::format("{}\u2013{}", bin.first, bin.last);
    const float half = p.widthOf(text, p.numbers()) / 2;
    if (x(b) - half >= free - p.u(20) && x(b) + half <= area.right() - 2) {
      p.text(x(b), bottom + p.u(12), text, p.numbers(), p.theme.fg3, Scene::Align::Centre);
      free = x(b) + half + p.u(28);
    }
    p.scene.setId(0);
  }
  if (!labels) return;
  // Names at the ends of their curves, pushed apart where these meet; the run's own first.
  std::vector<float> taken;
  const float line = p.u(15);
  for (const size_t i : {size_t{3}, size_t{0}, size_t{1}, size_t{2}}) {
    const double last = v.bins.back().*curves[i].value;
    if (std::isnan(last)) continue;
    float at = std::clamp(y(last), top + line / 2, bottom - line / 2);
    for (int tries = 0; tries < 40; ++tries) {
      const int step = (tries + 1) / 2;
      const float candidate =
          std::clamp(y(last) + (tries % 2 == 0 ? 1.0f : -1.0f) * static_cast<float>(step) * 4, top, bottom);
      if (std::all_of(taken.begin(), taken.end(), [&](float t) { return std::abs(t - candidate) >= line; })) {
        at = candidate;
        taken.push_back(at);
        p.text(right + p.u(8), at, curves[i].label, p.words(), i == 3 ? p.theme.dropped : p.theme.fg2);
        break;
      }
    }
  }
}

}  // namespace ui
