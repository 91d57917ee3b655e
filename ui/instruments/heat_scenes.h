#pragma once

#include "ui/instruments/look.h"
#include "ui/views/heat_views.h"

namespace ui {

Scene makeLayersExpertsScene(const LayersExpertsView& view, Size size, const Look& look);
Scene makeTokensExpertsScene(const TokensExpertsView& view, Size size, const Look& look);

constexpr int kMostHeatRectangles = 20000;

}  // namespace ui
