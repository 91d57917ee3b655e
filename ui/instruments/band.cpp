#include "ui/instruments/band.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"

namespace ui {

int BandRows::at(float at) const {
  if (at < top || at >= bottom() || height <= 0) return -1;
  return first + static_cast<int>((at - top) / height);
}

bool BandState::isChosen(int expert) const { return std::find(chosen.begin(), chosen.end(), expert) != chosen.end(); }

BandRows bandRows(int rows, float panelHeight, double textScale, int cursorRow, bool alone) {
  const auto s = static_cast<float>(textScale);
  BandRows band;
  band.top = static_cast<float>(kTitleHeight + kHeadHeight) * s;
  const float room = panelHeight - band.top - static_cast<float>(kFooterHeight) * s;
  if (rows <= 0 || room < 2) return band;
  const float least = static_cast<float>(kRowMin) * s, most = static_cast<float>(alone ? 2 * kRowMax : kRowMax) * s;
  band.height = std::clamp(std::floor(room / static_cast<float>(rows)), 2.0f, std::floor(most));
  band.labelled = band.height >= least;
  band.count = std::min(rows, static_cast<int>(room / band.height));
  band.footer = band.bottom() + static_cast<float>(kFooterHeight) * s / 2;
  if (band.count < rows) {
    band.first = std::clamp(cursorRow - band.count / 2, 0, rows - band.count);
  }
  return band;
}

void paintBandRows(Panel& p, const BandRows& rows, const BandState& state, bool hairlines) {
  const ElementId hover = p.look.hover.element();
  for (int row = rows.first; row < rows.first + rows.count; ++row) {
    const int expert = state.expert(row);
    const Rect area{0, rows.y(row), p.width, rows.height};
    p.scene.setId(p.id(Element::ExpertRow, -1, -1, expert));
    if (hover.expert == expert) {
      p.scene.fill(area, p.theme.bg3);
    } else if (expert == state.cursorExpert) {
      p.scene.fill(area, p.theme.sel);
    } else if (state.isChosen(expert)) {
      p.scene.fill(area, p.theme.bg2);
    } else {
      p.scene.area(area);
    }
    p.scene.setId(0);
    if (hairlines && rows.labelled && row % 4 == 3 && row + 1 < rows.first + rows.count) {
      p.scene.fill({0, rows.y(row) + rows.height - 1, p.width, 1}, p.theme.line);
    }
  }
}

void paintExpertLabels(Panel& p, const BandRows& rows, const BandState& state, float x) {
  std::vector<float> taken;  // centres of labels that stand already
  const float need = p.u(kRowMin);
  const auto place = [&](int row, Colour colour, int weight) {
    const float centre =
        std::clamp(rows.centre(row), rows.top + need / 2, std::max(rows.top, rows.bottom() - need / 2));
    for (const float other : taken) {
      if (std::abs(other - centre) < need) return;
    }
    taken.push_back(centre);
    const int expert = state.expert(row);
    p.scene.setId(p.id(Element::ExpertRow, -1, -1, expert));
    p.text(x, centre, expertLabel(expert, state.experts), p.numbers(weight), colour);
    p.scene.setId(0);
  };
  const auto each = [&](auto wanted, Colour colour, int weight) {
    for (int row = rows.first; row < rows.first + rows.count; ++row) {
      if (wanted(row, state.expert(row))) place(row, colour, weight);
    }
  };
  each([&](int, int e) { return e == state.cursorExpert; }, p.theme.accentText, 500);
  each([&](int, int e) { return e != state.cursorExpert && state.isChosen(e); }, p.theme.fg1, 500);
  each([&](int row, int e) { return e != state.cursorExpert && !state.isChosen(e) && (rows.labelled || row % 8 == 0); },
       p.theme.fg3, 400);
}

float expertLabelWidth(const Panel& p, int experts) {
  return p.widthOf(expertLabel(0, experts), p.numbers()) + p.u(16);
}

float paintOutOfView(Panel& p, const BandRows& rows, const BandState& state, float x) {
  if (rows.count == 0 || rows.count >= state.experts) return x;
  std::string above, below;
  for (int row = 0; row < state.experts; ++row) {
    if (!state.isChosen(state.expert(row)) || rows.visible(row)) continue;
    std::string& side = row < rows.first ? above : below;
    side += " " + expertLabel(state.expert(row), state.experts);
  }
  std::string text = above.empty() ? "" : "\u2191" + above;
  if (!below.empty()) text += (text.empty() ? "\u2193" : "  \u2193") + below;
  if (text.empty()) return x;
  return p.fitted(x, rows.footer, p.width * 0.5f - x, text, p.numbers(500), p.theme.fg1).right() + p.u(12);
}

}  // namespace ui
