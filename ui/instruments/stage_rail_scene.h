#pragma once

#include "ui/instruments/look.h"
#include "ui/views/stage_rail_view.h"

namespace ui {

// Seven cells, then the sentence of the current stage in at most two lines.
Scene makeStageRailScene(const StageRailView& view, Size size, const Look& look);

}  // namespace ui
