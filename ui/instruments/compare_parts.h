// The four parts of the compare scene.
#pragma once

#include "ui/instruments/panel.h"
#include "ui/views/compare_view.h"

namespace ui {

void paintComparedStrips(Panel& panel, const CompareView& view, float top, int rows, float pairHeight);
void paintSharedChoices(Panel& panel, const CompareView& view, const Rect& area);
void paintButterfly(Panel& panel, const CompareView& view, const Rect& area);
void paintPairedPredictions(Panel& panel, const CompareView& view, const Rect& area);

}  // namespace ui
