#pragma once

#include "ui/instruments/panel.h"
#include "ui/views/placement_view.h"

namespace ui {

// A curve over batches that double, with what an even router has (dots, and a band up to its high end) and the least.
void paintPlacementCurve(Panel& panel, const PlacementCurve& curve, const Rect& area);

}  // namespace ui
