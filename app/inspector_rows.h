// What the inspector lists at a cursor: every quantity that was recorded there, in the order of the computation.
#pragma once

#include <vector>

#include "app/models/inspector_model.h"
#include "ui/views/source.h"

namespace app {

// Quantities that were not recorded (yet) are left out.
std::vector<InspectorRow> makeInspectorRows(const ui::ViewSource& source, const ui::Cursor& cursor);

}  // namespace app
