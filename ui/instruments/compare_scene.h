#pragma once

#include "ui/instruments/look.h"
#include "ui/views/compare_view.h"

namespace ui {

// Both strips over each other, shared choices by layer and token, the router as a butterfly about the expert labels
// with B minus A, and the predictions in pairs.
Scene makeCompareScene(const CompareView& view, Size size, const Look& look);

}  // namespace ui
