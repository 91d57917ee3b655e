// Instruments as files: the same scenes as the window's, under a title and over a line that says where the numbers come
// from. Needs no display.
#pragma once

#include "app/cli/painter.h"
#include "ui/scene/scene.h"
#include "ui/theme.h"

namespace app {

Painter filePainter();

// The picture without a file. `shaper` measures.
ui::Scene makePicture(const PictureOrder& order, const ui::Theme& theme, const ui::TextShaper& shaper);

constexpr int64_t kMostPicturePixels = int64_t{64} << 20;

}  // namespace app
