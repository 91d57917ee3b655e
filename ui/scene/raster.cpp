#include "ui/scene/raster.h"

#include <imgui.h>

#include <algorithm>
#include <array>

#include "core/base/thread_pool.h"
#include "ui/scene/paint_items.h"

namespace ui {
namespace {

uint32_t div255(uint32_t v) { return (v + 128 + ((v + 128) >> 8)) >> 8; }

// dst * (255 - a) + src * a, the canvas stays opaque. Red and blue are worked on as a pair.
void blendPixel(uint32_t& dst, uint32_t src, uint32_t a) {
  const uint32_t inverse = 255 - a;
  uint32_t rb = (dst & 0xFF00FF) * inverse + (src & 0xFF00FF) * a + 0x800080;
  rb = ((rb + (rb >> 8 & 0xFF00FF)) >> 8) & 0xFF00FF;
  uint32_t g = (dst >> 8 & 0xFF) * inverse + (src >> 8 & 0xFF) * a + 0x80;
  g = (g + (g >> 8)) >> 8;
  dst = 0xFF000000u | rb | g << 8;
}

class BandRaster {
 public:
  BandRaster(const GlyphAtlas& atlas, Image& image, int top, int bottom)
      : m_atlas(atlas), m_image(image), m_top(top), m_bottom(bottom) {}

  void draw(const std::vector<PaintItem>& items) {
    for (const PaintItem& item : items) {
      const int y0 = std::max(m_top, item.y0), y1 = std::min(m_bottom, item.y1);
      if (y0 >= y1) continue;
      switch (item.kind) {
        case PaintItem::Kind::Solid:
          solid(item, y0, y1);
          break;
        case PaintItem::Kind::Picture:
          picture(item, y0, y1);
          break;
        case PaintItem::Kind::Triangle:
          triangle(item, y0, y1);
          break;
      }
    }
  }

 private:
  void solid(const PaintItem& item, int y0, int y1) {
    const uint32_t alpha = item.alpha[0];
    for (int y = y0; y < y1; ++y) {
      uint32_t* row = m_image.row(y);
      if (alpha == 255) {
        std::fill(row + item.x0, row + item.x1, item.colour);
      } else {
        for (int x = item.x0; x < item.x1; ++x) blendPixel(row[x], item.colour, alpha);
      }
    }
  }

  void picture(const PaintItem& item, int y0, int y1) {
    const uint32_t tint = item.colour, alpha = item.alpha[0];
    const bool white = (tint & 0xFFFFFF) == 0xFFFFFF;
    for (int y = y0; y < y1; ++y) {
      const int texelRow = item.v + y - item.y0;
      if (texelRow >= m_atlas.usedRows()) return;
      const uint8_t* texel =
          m_atlas.pixels() + (static_cast<size_t>(texelRow) * GlyphAtlas::kSize + static_cast<size_t>(item.u)) * 4;
      uint32_t* row = m_image.row(y);
      for (int x = item.x0; x < item.x1; ++x, texel += 4) {
        if (texel[3] == 0) continue;
        const uint32_t a = alpha == 255 ? texel[3] : div255(texel[3] * alpha);
        const uint32_t source = white ? uint32_t{texel[0]} << 16 | uint32_t{texel[1]} << 8 | uint32_t{texel[2]} : tint;
        blendPixel(row[x], source, a);
      }
    }
  }

  void triangle(const PaintItem& item, int y0, int y1) {
    // Of two triangles that share an edge exactly one takes a pixel centre on it.
    std::array<bool, 3> owns{};
    std::array<double, 3> dx{}, dy{}, x{}, y{};
    for (size_t i = 0; i < 3; ++i) {
      x[i] = static_cast<double>(item.x[i]);
      y[i] = static_cast<double>(item.y[i]);
    }
    for (size_t i = 0; i < 3; ++i) {
      const size_t a = (i + 1) % 3, b = (i + 2) % 3;
      dx[i] = x[b] - x[a];
      dy[i] = y[b] - y[a];
      owns[i] = dy[i] > 0 || (dy[i] == 0 && dx[i] < 0);
    }
    const double area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
    for (int py = y0; py < y1; ++py) {
      uint32_t* row = m_image.row(py);
      for (int px = item.x0; px < item.x1; ++px) {
        std::array<double, 3> w{};
        bool inside = true;
        for (size_t i = 0; i < 3 && inside; ++i) {
          const size_t a = (i + 1) % 3;
          w[i] = dx[i] * (py + 0.5 - y[a]) - dy[i] * (px + 0.5 - x[a]);
          inside = w[i] > 0 || (w[i] == 0 && owns[i]);
        }
        if (!inside) continue;
        const double a = (w[0] * item.alpha[0] + w[1] * item.alpha[1] + w[2] * item.alpha[2]) / area;
        blendPixel(row[px], item.colour, static_cast<uint32_t>(std::clamp(a + 0.5, 0.0, 255.0)));
      }
    }
  }

  const GlyphAtlas& m_atlas;
  Image& m_image;
  const int m_top, m_bottom;
};

}  // namespace

void rasterise(const ImDrawData& data, const GlyphAtlas& atlas, Colour background, core::ThreadPool* pool,
               Image& image) {
  if (image.width <= 0 || image.height <= 0) return;
  constexpr int kBands = 8;  // a fixed number: the work is the same for any number of threads
  const std::vector<PaintItem> items = paintItems(data, image.width, image.height);
  const uint32_t clear =
      0xFF000000u | uint32_t{background.r} << 16 | uint32_t{background.g} << 8 | uint32_t{background.b};
  const auto band = [&](int number) {
    const int y0 = image.height * number / kBands, y1 = image.height * (number + 1) / kBands;
    if (y0 == y1) return;
    std::fill(image.row(y0), image.row(y0) + static_cast<size_t>(image.width) * static_cast<size_t>(y1 - y0), clear);
    BandRaster(atlas, image, y0, y1).draw(items);
  };
  if (pool) {
    pool->run(kBands, band);
  } else {
    for (int i = 0; i < kBands; ++i) band(i);
  }
}

}  // namespace ui
