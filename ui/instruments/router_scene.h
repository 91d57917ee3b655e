#pragma once

#include "ui/instruments/look.h"
#include "ui/views/router_view.h"

namespace ui {

// Label, raw logit on its range, score bar, selection bar (where it differs, or where there is room), rank, applied
// weight.
Scene makeRouterScene(const RouterView& view, Size size, const Look& look);

}  // namespace ui
