#pragma once

#include "ui/instruments/look.h"
#include "ui/views/push_view.h"

namespace ui {

// A row for each expert, a column for each loss: bars to the right of its middle raise the logit, to the left lower it,
// on the scale of the column's layer.
Scene makePushScene(const PushView& view, Size size, const Look& look);

}  // namespace ui
