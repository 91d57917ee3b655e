// The few signs on buttons, drawn so that they are sharp at every scale and follow the theme.
#pragma once

#include <QIcon>

#include "ui/theme.h"

namespace app {

enum class Arrow { Left, Right, Up, Down };

// A filled triangle; `toEnd` adds the bar of "to the first" and "to the last".
QIcon arrowIcon(Arrow arrow, bool toEnd, const ui::Theme& theme, int size = 12);

}  // namespace app
