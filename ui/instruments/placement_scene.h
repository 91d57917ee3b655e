#pragma once

#include "ui/instruments/look.h"
#include "ui/views/placement_view.h"

namespace ui {

// Devices downwards, each a bar of its experts' choices over the ideal and the capacity line; the numbers beside what
// an even router has; curves over growing batches. Pressing an expert's piece of a bar goes to it.
Scene makePlacementScene(const PlacementView& view, Size size, const Look& look);

}  // namespace ui
