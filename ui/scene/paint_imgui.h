// Scene -> ImDrawList, in device pixels. Everything is put on the pixel grid here, so that the CPU raster and a GPU
// show the same picture: edges of rectangles are rounded, axis-parallel lines become rectangles, only slanted lines and
// polygons have smooth edges. All vertices read one texture, the shaper's atlas.
#pragma once

#include "ui/scene/scene.h"

struct ImDrawList;

namespace ui {

// Texts shape at `deviceScale` (1 to 3). The caller compares the atlas's generation before and after, and paints the
// list again if it changed.
void paintImGui(const Scene& scene, TextShaper& shaper, float deviceScale, ImDrawList& list);

}  // namespace ui
