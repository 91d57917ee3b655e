#include <algorithm>
#include <cmath>

#include "ui/instruments/axis.h"
#include "ui/instruments/ledger_scene.h"
#include "ui/instruments/panel.h"
#include "ui/numbers.h"

namespace ui {
namespace {

Colour bandColour(const Theme& t, Part part) {
  switch (part) {
    case Part::Residual:
      return blend(t.bg1, withAlpha(t.residual, 0.5));
    case Part::Attention:
      return t.attention;
    case Part::Routed:
      return t.routed;
    case Part::Shared:
      return t.shared;
    default:
      return t.residual;
  }
}

}  // namespace

Scene makeLedgerOverLayersScene(const LedgerOverLayersView& v, Size size, const Look& look) {
  if (v.panel.notice) return emptyScene(Instrument::LedgerOverLayers, v.panel, size, look, v.description);
  Panel p(Instrument::LedgerOverLayers, size, look);
  const float top = p.titleBar(v.panel) + p.u(10), bottom = p.height - p.u(26);
  float names = 0;
  for (const auto& band : v.bands) names = std::max(names, p.widthOf(band.label + "  100\u202F%", p.words()));
  const bool labels = p.width >= p.u(260);
  const float left = p.pad() + p.u(42), right = p.width - p.pad() - (labels ? names + p.u(14) : 0);
  describeInto(p.scene, v.description);
  if (right - left < 30 || bottom - top < 30 || v.layers < 1) return p.take();
  const auto L = static_cast<size_t>(v.layers);
  double low = 0, high = 1;
  std::vector<double> plus(L), minus(L);
  for (const auto& band : v.bands) {
    for (size_t l = 0; l < L; ++l) (band.share[l] >= 0 ? plus[l] : minus[l]) += band.share[l];
  }
  for (size_t l = 0; l < L; ++l) {
    low = std::min(low, minus[l]);
    high = std::max(high, plus[l]);
  }
  // Zero and the whole always stand; what hangs below zero makes room for itself.
  const double step = niceAxis(0, high - low, std::max(2, static_cast<int>((bottom - top) / p.u(48)))).step;
  const auto y = [&](double share) {
    return bottom - (bottom - top) * static_cast<float>((share - low) / (high - low));
  };
  const float pitch = L > 1 ? (right - left) / static_cast<float>(L - 1) : 0;
  const auto x = [&](size_t l) { return L > 1 ? left + pitch * static_cast<float>(l) : (left + right) / 2; };
  for (double tick = std::ceil(low / step) * step; tick <= high * 1.0001; tick += step) {
    p.scene.fill({left, std::floor(y(tick)), right - left, 1}, std::abs(tick) < 1e-9 ? p.theme.line2 : p.theme.line);
    p.text(left - p.u(6), y(tick), wholeShareText(tick), p.numbers(), p.theme.fg3, Scene::Align::Right);
  }
  std::vector<double> up(L, 0.0), down(L, 0.0);
  std::vector<float> taken;
  std::vector<Segment> edges;
  for (size_t b = 0; b < v.bands.size(); ++b) {
    const auto& band = v.bands[b];
    const Colour colour = bandColour(p.theme, band.part);
    // What is above zero and what hangs below it are two areas; at a layer where a part is on the other side, its area
    // has no height.
    std::vector<double> from(L), to(L);
    p.scene.setId(p.id(Element::LedgerPart, -1, -1, -1, static_cast<int>(band.part)));
    for (const bool above : {true, false}) {
      std::vector<double>& side = above ? up : down;
      std::vector<Point> low1(L), high1(L);
      bool any = false;
      for (size_t l = 0; l < L; ++l) {
        const double share = above ? std::max(0.0, band.share[l]) : std::min(0.0, band.share[l]);
        any = any || share != 0;
        low1[l] = {x(l), y(side[l])};
        if ((band.share[l] >= 0) == above) from[l] = side[l];
        side[l] += share;
        if ((band.share[l] >= 0) == above) to[l] = side[l];
        high1[l] = {x(l), y(side[l])};
      }
      if (!any) continue;
      for (size_t l = 0; l + 1 < L; ++l) {
        Point quad[] = {low1[l], low1[l + 1], high1[l + 1], high1[l]};
        if (std::abs(quad[0].y - quad[3].y) + std::abs(quad[1].y - quad[2].y) <= 0.5f) continue;
        // Over the one before by a pixel: between two smoothed edges the canvas would show through.
        if (l > 0) {
          quad[0].x -= 1;
          quad[3].x -= 1;
        }
        p.scene.polygon(quad, colour);
        // 1 px of the canvas parts neighbours.
        edges.push_back({high1[l], high1[l + 1]});
      }
      if (L == 1) {
        p.scene.fill({x(0) - 20, std::min(low1[0].y, high1[0].y), 40, std::abs(low1[0].y - high1[0].y)}, colour);
      }
    }
    p.scene.setId(0);
    if (!labels) continue;
    const float centre = std::clamp((y(from[L - 1]) + y(to[L - 1])) / 2, top + p.u(7), bottom - p.u(7));
    const float line = p.u(15);
    for (int tries = 0; tries < 30; ++tries) {
      const int places = (tries + 1) / 2;
      const float at = centre + (tries % 2 == 0 ? -4.0f : 4.0f) * static_cast<float>(places);
      if (at < top || at > bottom) continue;
      if (std::any_of(taken.begin(), taken.end(), [&](float t) { return std::abs(t - at) < line; })) continue;
      taken.push_back(at);
      p.text(right + p.u(8), at, band.label, p.words(), p.theme.fg2);
      p.text(p.width - p.pad(), at, wholeShareText(band.share[L - 1]), p.numbers(), p.theme.fg2, Scene::Align::Right);
      break;
    }
  }
  for (const Segment& edge : edges) p.scene.line(edge.from, edge.to, p.theme.bg1);
  p.scene.fill({left, std::floor(y(0)), right - left, 1}, p.theme.line2);
  if (v.cursorLayer < v.layers) {
    const float cx = std::floor(x(static_cast<size_t>(v.cursorLayer)));
    p.scene.fill({cx, top, 1, bottom - top}, p.theme.accent);
  }
  float free = -1000;
  const std::string own = layerLabel(v.cursorLayer);
  const float ownX = x(static_cast<size_t>(std::clamp(v.cursorLayer, 0, v.layers - 1)));
  const Rect here = p.text(ownX, bottom + p.u(12), own, p.numbers(500), p.theme.accentText, Scene::Align::Centre);
  for (size_t l = 0; l < L; ++l) {
    const std::string text = layerLabel(static_cast<int>(l));
    const float half = p.widthOf(text, p.numbers()) / 2 + 3;
    p.scene.setId(p.id(Element::LayerMark, -1, static_cast<int>(l)));
    p.scene.area({x(l) - std::max(pitch / 2, 4.0f), top, std::max(pitch, 8.0f), bottom - top + p.u(20)});
    if (static_cast<int>(l) != v.cursorLayer && x(l) - half > free &&
        (x(l) + half < here.x || x(l) - half > here.right()) && x(l) + half < p.width) {
      p.text(x(l), bottom + p.u(12), text, p.numbers(), p.theme.fg3, Scene::Align::Centre);
      free = x(l) + half;
    }
    p.scene.setId(0);
  }
  return p.take();
}

}  // namespace ui
