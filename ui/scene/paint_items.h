// ImDrawData taken apart: what a painter of pixels has to do, in order, in whole pixels of the picture. Nearly all of
// an instrument is axis-parallel rectangles (two triangles over four corners); what is left are triangles. Both
// painters, the one on the processor and the one on a GPU, work on this list, so that both paint the same.
#pragma once

#include <cstdint>
#include <vector>

struct ImDrawData;

namespace ui {

struct PaintItem {
  enum class Kind : uint8_t { Solid, Picture, Triangle };
  Kind kind = Kind::Solid;
  uint8_t alpha[3] = {255, 255, 255};      // Triangle: of its corners; else only the first
  uint32_t colour = 0;                     // 0xAARRGGBB; alpha stands above
  int32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // pixels it may touch: inside of the picture and of its clip
  int32_t u = 0, v = 0;                    // Picture: the texel of the atlas that lies on (x0, y0)
  float x[3] = {}, y[3] = {};              // Triangle: its corners, turned so that its area is positive
};

// Everything that touches a picture of width x height pixels.
std::vector<PaintItem> paintItems(const ImDrawData& data, int width, int height);

}  // namespace ui
