#pragma once

#include "ui/instruments/look.h"
#include "ui/views/effect_view.h"

namespace ui {

// By position: above how far each prediction moved, below the surprisal before (outlined) and after (filled).
Scene makeEffectScene(const EffectView& view, Size size, const Look& look);

}  // namespace ui
