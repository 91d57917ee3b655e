#include "ui/instruments/stage_rail_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/panel.h"
#include "ui/instruments/text_fit.h"

namespace ui {

Scene makeStageRailScene(const StageRailView& v, Size size, const Look& look) {
  Panel p(Instrument::StageRail, size, look);
  p.scene.fill({0, 0, p.width, p.height}, p.theme.bg2);
  if (look.focused) p.scene.fill({0, 0, p.width, 2}, p.theme.accent);
  // 104 px a cell, 128 in a wide window, narrower where the sentence would be left with less than a third.
  const float wish = p.u(p.width >= 1200 * static_cast<float>(p.theme.textScale) + 200 ? 128 : 104);
  const float cell = std::floor(std::min(wish, p.width * 0.66f / kStages));
  const float nameY = std::floor(p.height * 0.34f), numberY = std::floor(p.height * 0.68f);
  for (int i = 0; i < kStages; ++i) {
    const StageCell& c = v.cells[static_cast<size_t>(i)];
    const float x = cell * static_cast<float>(i);
    const bool here = v.stage == static_cast<Stage>(i);
    const SceneId id = p.id(Element::Stage, -1, -1, -1, i);
    p.scene.setId(id);
    if (here) {
      p.scene.fill({x, 0, cell, p.height}, p.theme.sel);
      p.scene.fill({x, p.height - 2, cell, 2}, p.theme.accent);
    } else if (p.hovered(id)) {
      p.scene.fill({x, 0, cell, p.height}, p.theme.bg3);
    } else {
      p.scene.area({x, 0, cell, p.height});
    }
    if (i > 0 && !here && v.stage != static_cast<Stage>(i - 1)) {
      p.scene.fill({x, p.u(8), 1, p.height - p.u(16)}, p.theme.line2);
    }
    const float inset = cell >= p.u(100) ? p.pad() : p.u(8);
    const float left = x + inset, room = cell - inset - 3;
    const Rect number =
        p.text(left, nameY, fmt::format("{}", i + 1), p.numbers(), here ? p.theme.accentText : p.theme.fg3);
    const float nameX = number.right() + p.u(7);
    p.fitted(nameX, nameY, left + room - nameX, c.name, p.words(kSizeWord, here ? 600 : 500),
             here ? p.theme.accentText : p.theme.fg1);
    p.fitted(left, numberY, room, c.number, p.numbers(), c.warns ? p.theme.dropped : p.theme.fg2);
    p.scene.setId(0);
  }
  const float x = cell * kStages + p.u(16);
  p.scene.fill({cell * kStages, p.u(8), 1, p.height - p.u(16)}, p.theme.line2);
  // What is cut off here is whole in the tooltip.
  p.scene.setId(p.id(Element::Sentence));
  p.scene.area({x, 0, p.width - x, p.height});
  const std::vector<std::string> lines = wrapText(look.shaper, v.sentence, p.words(), p.width - x - p.pad(), 2);
  const float pitch = p.u(16), top = p.height / 2 - pitch * static_cast<float>(lines.size()) / 2;
  for (size_t i = 0; i < lines.size(); ++i) {
    p.text(x, top + pitch * (static_cast<float>(i) + 0.5f), lines[i], p.words(), v.ready ? p.theme.fg1 : p.theme.fg2);
  }
  p.scene.setId(0);
  describeInto(p.scene, v.description);
  return p.take();
}

}  // namespace ui
