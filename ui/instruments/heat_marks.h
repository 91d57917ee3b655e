// What both heat maps have in common.
#pragma once

#include "ui/instruments/panel.h"

namespace ui {

// A cross over a cell; from 8 px of room on with a black or white one under it, so that it shows on any colour.
void heatCross(Panel& panel, float centreX, float centreY, float size, Colour ground);

// A choice of the run that a replay does not make: a hollow square. A choice that only the replay makes: the cell
// framed.
void heatGone(Panel& panel, const Rect& cell, Colour ground);
void heatNew(Panel& panel, const Rect& cell);
// "▢ in the run alone  ▣ new", from `left` on as far as there is room.
void changeLegend(Panel& panel, float left, float centreY);

// "0 [scale] 0.7", then what the marks mean, as far as there is room.
// Returns where it ends.
float heatFooter(Panel& panel, float left, float centreY, double high, bool chosen, bool dropped);

// "0 [scale] 60 %", chance as a mark on it and in words. `clipped`: some values are past the end. Returns where it
// ends.
float rateFooter(Panel& panel, float left, float centreY, double high, bool clipped, double chance);

}  // namespace ui
