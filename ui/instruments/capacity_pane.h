// Beside a roomy Dispatch: the rule, the slider of the capacity factor, the capacity with its arithmetic, the cursor's
// case in words, and what the label means.
#pragma once

#include "ui/instruments/panel.h"
#include "ui/views/dispatch_view.h"

namespace ui {

void paintCapacityPane(Panel& panel, const DispatchView& view, float left, float top);

}  // namespace ui
