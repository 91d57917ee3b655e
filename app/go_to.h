// "Go to" as it is typed: "22", "L3", "E8", "L3E08", "22 L3 E8".
#pragma once

#include <QString>

#include "core/base/result.h"
#include "ui/views/cursor.h"

namespace app {

// The cursor with the parts that are named. Errors: what cannot be read, a number outside of `space`.
core::Result<ui::Cursor> goToPlace(const QString& text, const ui::Cursor& from, const ui::CursorSpace& space);

}  // namespace app
