#pragma once

#include "ui/instruments/panel.h"
#include "ui/views/drops_view.h"

namespace ui {

// The chart of makeDropsScene inside of a rectangle; `heading` writes what it is above it.
void paintDropsChart(Panel& panel, const DropsView& view, const Rect& area, bool heading);

}  // namespace ui
