// The fonts of the look as Qt knows them, each with what stands in for it where it is not installed.
#pragma once

#include <QFont>

#include "ui/text_shaper.h"

namespace app {

// `pixels`: size in pixels of the device the font is for.
QFont makeFont(ui::TextFont font, int weight, int pixels);

}  // namespace app
