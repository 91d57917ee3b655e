#include "ui/scene/raster.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "core/base/thread_pool.h"

namespace ui {
namespace {

struct Box {
  int x0, y0, x1, y1;
};

uint32_t toPixel(ImU32 c) {  // ImGui has red lowest, we have blue lowest
  return (c & 0xFF00FF00u) | (c & 0xFFu) << 16 | (c >> 16 & 0xFFu);
}

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

int pixelOf(float v) { return static_cast<int>(std::floor(v + 0.5f)); }

class BandRaster {
 public:
  BandRaster(const GlyphAtlas& atlas, Image& image, Box band) : m_atlas(atlas), m_image(image), m_band(band) {}

  void draw(const ImDrawList& list, ImVec2 origin) {
    for (const ImDrawCmd& command : list.CmdBuffer) {
      if (command.UserCallback || command.ElemCount == 0) continue;
      const ImVec4& c = command.ClipRect;
      const Box clip{std::max(m_band.x0, pixelOf(std::clamp(c.x - origin.x, 0.0f, 1e6f))),
                     std::max(m_band.y0, pixelOf(std::clamp(c.y - origin.y, 0.0f, 1e6f))),
                     std::min(m_band.x1, pixelOf(std::clamp(c.z - origin.x, 0.0f, 1e6f))),
                     std::min(m_band.y1, pixelOf(std::clamp(c.w - origin.y, 0.0f, 1e6f)))};
      if (clip.x0 >= clip.x1 || clip.y0 >= clip.y1) continue;
      const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
      const ImDrawIdx* index = list.IdxBuffer.Data + command.IdxOffset;
      for (unsigned i = 0; i < command.ElemCount;) {
        if (i + 6 <= command.ElemCount && isQuad(vertices, index + i)) {
          quad(vertices[index[i]], vertices[index[i + 2]], origin, clip);
          i += 6;
        } else {
          triangle({vertices[index[i]], vertices[index[i + 1]], vertices[index[i + 2]]}, origin, clip);
          i += 3;
        }
      }
    }
  }

 private:
  // Two triangles over the corners of an axis-parallel rectangle of one colour, as PrimRect and PrimRectUV write them.
  static bool isQuad(const ImDrawVert* v, const ImDrawIdx* i) {
    if (i[3] != i[0] || i[4] != i[2]) return false;
    const ImDrawVert &a = v[i[0]], &b = v[i[1]], &c = v[i[2]], &d = v[i[5]];
    return a.pos.y == b.pos.y && b.pos.x == c.pos.x && c.pos.y == d.pos.y && d.pos.x == a.pos.x && a.col == c.col &&
           a.col == b.col && a.col == d.col && a.pos.x <= c.pos.x && a.pos.y <= c.pos.y;
  }

  void quad(const ImDrawVert& low, const ImDrawVert& high, ImVec2 origin, const Box& clip) {
    const int left = pixelOf(low.pos.x - origin.x), top = pixelOf(low.pos.y - origin.y);
    const Box box{std::max(clip.x0, left), std::max(clip.y0, top), std::min(clip.x1, pixelOf(high.pos.x - origin.x)),
                  std::min(clip.y1, pixelOf(high.pos.y - origin.y))};
    if (box.x0 >= box.x1 || box.y0 >= box.y1) return;
    if (low.uv.x == high.uv.x && low.uv.y == high.uv.y) {
      solid(box, low.col);
    } else {
      picture(box, low, box.x0 - left, box.y0 - top);
    }
  }

  void solid(const Box& box, ImU32 colour) {
    const uint32_t alpha = colour >> IM_COL32_A_SHIFT;
    const uint32_t pixel = toPixel(colour);
    if (alpha == 0) return;
    for (int y = box.y0; y < box.y1; ++y) {
      uint32_t* row = m_image.row(y);
      if (alpha == 255) {
        std::fill(row + box.x0, row + box.x1, pixel);
      } else {
        for (int x = box.x0; x < box.x1; ++x) blendPixel(row[x], pixel, alpha);
      }
    }
  }

  void picture(const Box& box, const ImDrawVert& low, int skipX, int skipY) {
    const int u = pixelOf(low.uv.x * GlyphAtlas::kSize) + skipX, v = pixelOf(low.uv.y * GlyphAtlas::kSize) + skipY;
    const uint32_t tint = toPixel(low.col);
    const uint32_t alpha = low.col >> IM_COL32_A_SHIFT;
    const bool white = (tint & 0xFFFFFF) == 0xFFFFFF;
    for (int y = box.y0; y < box.y1; ++y) {
      const int texelRow = v + y - box.y0;
      if (texelRow < 0 || texelRow >= m_atlas.usedRows() || u < 0 || u + box.x1 - box.x0 > GlyphAtlas::kSize) return;
      const uint8_t* texel = m_atlas.pixels() + (static_cast<size_t>(texelRow) * GlyphAtlas::kSize + u) * 4;
      uint32_t* row = m_image.row(y);
      for (int x = box.x0; x < box.x1; ++x, texel += 4) {
        if (texel[3] == 0) continue;
        const uint32_t a = alpha == 255 ? texel[3] : div255(texel[3] * alpha);
        const uint32_t source = white ? uint32_t{texel[0]} << 16 | uint32_t{texel[1]} << 8 | uint32_t{texel[2]} : tint;
        blendPixel(row[x], source, a);
      }
    }
  }

  // A triangle of any form; its corners may differ in alpha (ImGui's smooth edges), colour is the first corner's.
  void triangle(std::array<ImDrawVert, 3> v, ImVec2 origin, const Box& clip) {
    std::array<double, 3> x, y, alpha;
    for (size_t i = 0; i < 3; ++i) {
      x[i] = static_cast<double>(v[i].pos.x) - static_cast<double>(origin.x);
      y[i] = static_cast<double>(v[i].pos.y) - static_cast<double>(origin.y);
      alpha[i] = v[i].col >> IM_COL32_A_SHIFT;
      if (!(std::abs(x[i]) < 1e6 && std::abs(y[i]) < 1e6)) return;
    }
    double area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
    if (area == 0) return;
    if (area < 0) {
      std::swap(x[1], x[2]);
      std::swap(y[1], y[2]);
      std::swap(alpha[1], alpha[2]);
      area = -area;
    }
    const uint32_t pixel = toPixel(v[0].col);
    const auto low = [](const std::array<double, 3>& c) {
      return static_cast<int>(std::floor(*std::min_element(c.begin(), c.end())));
    };
    const auto high = [](const std::array<double, 3>& c) {
      return static_cast<int>(std::ceil(*std::max_element(c.begin(), c.end())));
    };
    // Of two triangles that share an edge exactly one takes a pixel centre on it.
    std::array<bool, 3> owns{};
    std::array<double, 3> dx{}, dy{};
    for (size_t i = 0; i < 3; ++i) {
      const size_t a = (i + 1) % 3, b = (i + 2) % 3;
      dx[i] = x[b] - x[a];
      dy[i] = y[b] - y[a];
      owns[i] = dy[i] > 0 || (dy[i] == 0 && dx[i] < 0);
    }
    for (int py = std::max(clip.y0, low(y)); py < std::min(clip.y1, high(y)); ++py) {
      uint32_t* row = m_image.row(py);
      for (int px = std::max(clip.x0, low(x)); px < std::min(clip.x1, high(x)); ++px) {
        std::array<double, 3> w{};
        bool inside = true;
        for (size_t i = 0; i < 3 && inside; ++i) {
          const size_t a = (i + 1) % 3;
          w[i] = dx[i] * (py + 0.5 - y[a]) - dy[i] * (px + 0.5 - x[a]);
          inside = w[i] > 0 || (w[i] == 0 && owns[i]);
        }
        if (!inside) continue;
        const double a = (w[0] * alpha[0] + w[1] * alpha[1] + w[2] * alpha[2]) / area;
        blendPixel(row[px], pixel, static_cast<uint32_t>(std::clamp(a + 0.5, 0.0, 255.0)));
      }
    }
  }

  const GlyphAtlas& m_atlas;
  Image& m_image;
  Box m_band;
};

}  // namespace

void rasterise(const ImDrawData& data, const GlyphAtlas& atlas, Colour background, core::ThreadPool* pool,
               Image& image) {
  if (image.width <= 0 || image.height <= 0) return;
  constexpr int kBands = 4;  // a fixed number: the work is the same for any number of threads
  const uint32_t clear = toPixel(IM_COL32(background.r, background.g, background.b, 255));
  const auto band = [&](int number) {
    const int y0 = image.height * number / kBands, y1 = image.height * (number + 1) / kBands;
    if (y0 == y1) return;
    std::fill(image.row(y0), image.row(y0) + static_cast<size_t>(image.width) * static_cast<size_t>(y1 - y0), clear);
    BandRaster raster(atlas, image, {0, y0, image.width, y1});
    for (int i = 0; i < data.CmdListsCount; ++i) raster.draw(*data.CmdLists[i], data.DisplayPos);
  };
  if (pool) {
    pool->run(kBands, band);
  } else {
    for (int i = 0; i < kBands; ++i) band(i);
  }
}

}  // namespace ui
