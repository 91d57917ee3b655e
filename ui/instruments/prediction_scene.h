#pragma once

#include "ui/instruments/look.h"
#include "ui/views/prediction_view.h"

namespace ui {

Scene makePredictionScene(const PredictionView& view, Size size, const Look& look);

}  // namespace ui
