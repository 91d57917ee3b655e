#pragma once

#include "ui/instruments/look.h"
#include "ui/views/knockout_view.h"

namespace ui {

// Experts by effect as bars of KL, over the mean of a random expert and its interval.
Scene makeKnockoutScene(const KnockoutView& view, Size size, const Look& look);

}  // namespace ui
