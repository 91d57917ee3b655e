#pragma once

#include "ui/instruments/look.h"
#include "ui/views/load_view.h"

namespace ui {

// Bars of choices, kept and then hatched dropped, over the ideal and the capacity line; count and x ideal on the right.
Scene makeLoadScene(const LoadView& view, Size size, const Look& look);

// One small column of bars a layer, all on one scale.
Scene makeLoadByLayerScene(const LoadByLayerView& view, Size size, const Look& look);

}  // namespace ui
