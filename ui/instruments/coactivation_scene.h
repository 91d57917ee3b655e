#pragma once

#include "ui/instruments/look.h"
#include "ui/views/coactivation_view.h"

namespace ui {

// All pairs as heat, rows and columns the experts; beside it the highest shares, where there is room. Where cells would
// be too small to see, or too many to draw, one stands for some experts each way and has the mean of their pairs.
Scene makeCoactivationScene(const CoactivationView& view, Size size, const Look& look);

// Cells a side: their squares are no more than a heat map may draw.
constexpr int kMostPairCells = 141;

}  // namespace ui
