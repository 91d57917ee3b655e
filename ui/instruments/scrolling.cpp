#include "ui/instruments/scrolling.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

struct HeatInView {
  Rect rect;
  Grid grid;
};

std::optional<HeatInView> heatIn(const Scene& scene) {
  for (const Primitive& p : scene.primitives()) {
    const Grid* grid = scene.gridOf(p);
    if (grid && grid->base.instrument == Instrument::TokensExperts) return HeatInView{scene.bounds(p), *grid};
  }
  return std::nullopt;
}

// By notches, and by one at least where there is any movement.
int moved(float notches, int inView) {
  const float by = notches * static_cast<float>(inView) / 4;
  return static_cast<int>(by < 0 ? std::floor(by) : std::ceil(by));
}

}  // namespace

void scrollTokenStrip(TokenStripOptions& options, const Scene& shown, float notches) {
  int first = -1, count = 0;
  bool scrolls = false;
  SceneId before = 0;
  for (const Primitive& p : shown.primitives()) {
    if (p.id == 0 || p.id == before) continue;
    before = p.id;
    const ElementId id = unpack(p.id);
    if (id.instrument != Instrument::TokenStrip) continue;
    scrolls = scrolls || id.element == Element::Overview;
    if (id.element != Element::Token) continue;
    if (first < 0 || id.token < first) first = id.token;
    ++count;
  }
  if (first < 0 || !scrolls) return;
  options.scrolledTo = std::max(0, first + moved(notches, count));
}

void scrollMeasures(int& scrolled, const Scene& shown, float notches) {
  std::optional<ElementId> rest;
  int rows = 0;
  SceneId before = 0;
  for (const Primitive& p : shown.primitives()) {
    if (p.id == 0 || p.id == before) continue;
    before = p.id;
    const ElementId id = unpack(p.id);
    if (id.instrument != Instrument::Measures) continue;
    rows += id.element == Element::Fact;
    if (id.element == Element::Overview) rest = id;
  }
  scrolled = rest ? std::clamp(rest->token + moved(notches, rows), 0, rest->token + rest->value) : 0;
}

void panTokensExperts(TokensExpertsOptions& options, const Scene& shown, float notches) {
  const auto heat = heatIn(shown);
  if (!heat || options.zoom <= 1) return;
  options.first = std::max(0, heat->grid.firstToken + moved(notches, heat->grid.tokens));
}

void zoomTokensExperts(TokensExpertsOptions& options, const Scene& shown, std::optional<float> x, float factor) {
  const auto heat = heatIn(shown);
  if (!heat) return;
  const float pitch = 1 / heat->grid.tokensPerPixel;
  // The pitch of the whole run, as the scene that is shown has it.
  const float whole = pitch / std::max(1.0f, options.zoom);
  const float most = std::max(1.0f, kMostPitch / whole);
  const float zoom = std::clamp(options.zoom * factor, 1.0f, most);
  if (x && zoom > 1) {
    const float under = static_cast<float>(heat->grid.firstToken) + (*x - heat->rect.x) / pitch;
    options.first = std::max(0, static_cast<int>(std::lround(under - (*x - heat->rect.x) / (whole * zoom))));
  } else {
    options.first = -1;
  }
  options.zoom = zoom;
}

bool showsToken(const Scene& shown, Instrument instrument, int token) {
  if (instrument == Instrument::TokensExperts) {
    const auto heat = heatIn(shown);
    return heat && token >= heat->grid.firstToken && token < heat->grid.firstToken + heat->grid.tokens;
  }
  const SceneId wanted = ElementId{instrument, Element::Token, token}.pack();
  const auto all = shown.primitives();
  return std::any_of(all.begin(), all.end(), [&](const Primitive& p) { return p.id == wanted; });
}

}  // namespace ui
