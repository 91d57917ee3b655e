#pragma once

#include "ui/instruments/look.h"
#include "ui/views/measures_view.h"

namespace ui {

// A table in as many columns as fit beside each other: measure, value, an even router's, the bound; what it is where
// there is room. What does not fit is reached by scrolling: `scrolled` lines are above.
Scene makeMeasuresScene(const MeasuresView& view, Size size, const Look& look, int scrolled = 0);

}  // namespace ui
