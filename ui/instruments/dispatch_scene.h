#pragma once

#include "ui/instruments/look.h"
#include "ui/views/dispatch_view.h"
#include "ui/views/drops_view.h"

namespace ui {

// Slots in the order served, the capacity line, who came too late. Wide enough, the rule and the cursor's case stand on
// the right; high enough, the drops by position below (`drops` may be null).
Scene makeDispatchScene(const DispatchView& view, const DropsView* drops, Size size, const Look& look);

// Dropped share by position over its nulls.
Scene makeDropsScene(const DropsView& view, Size size, const Look& look);

}  // namespace ui
