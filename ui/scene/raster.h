// ImDrawData -> pixels on the CPU, for machines without a GPU, for PNG files and for tests. Nearly all of an instrument
// is axis-parallel rectangles (two triangles over four corners): opaque ones are filled as spans, glyphs copied texel
// by texel; only what is left (slanted lines, polygons) is rastered as triangles, sampled at pixel centres. The picture
// is cut into bands of rows, so any number of threads gives the same pixels.
#pragma once

#include "ui/colour.h"
#include "ui/scene/glyph_atlas.h"
#include "ui/scene/image.h"

struct ImDrawData;

namespace core {
class ThreadPool;
}

namespace ui {

// Paints over an opaque background. `pool` may be null. Vertex positions are pixels of the image; everything outside of
// it is left out. User callbacks in the lists are not called.
void rasterise(const ImDrawData& data, const GlyphAtlas& atlas, Colour background, core::ThreadPool* pool,
               Image& image);

}  // namespace ui
