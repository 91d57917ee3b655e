#pragma once

#include "ui/instruments/look.h"
#include "ui/views/inspector_view.h"

namespace ui {

// The inspector as a picture, for files; a window shows the view in a table of its own.
Scene makeInspectorScene(const InspectorView& view, Size size, const Look& look);

}  // namespace ui
