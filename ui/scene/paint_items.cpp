#include "ui/scene/paint_items.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "ui/scene/glyph_atlas.h"

namespace ui {
namespace {

struct Box {
  int x0, y0, x1, y1;
  bool empty() const { return x0 >= x1 || y0 >= y1; }
};

uint32_t toPixel(ImU32 c) {  // ImGui has red lowest, we have blue lowest
  return (c & 0xFF00FF00u) | (c & 0xFFu) << 16 | (c >> 16 & 0xFFu);
}

int pixelOf(float v) { return static_cast<int>(std::floor(v + 0.5f)); }

uint8_t alphaOf(ImU32 colour) { return static_cast<uint8_t>(colour >> IM_COL32_A_SHIFT); }

// Two triangles over the corners of an axis-parallel rectangle of one colour, as PrimRect and PrimRectUV write them.
bool isQuad(const ImDrawVert* v, const ImDrawIdx* i) {
  if (i[3] != i[0] || i[4] != i[2]) return false;
  const ImDrawVert &a = v[i[0]], &b = v[i[1]], &c = v[i[2]], &d = v[i[5]];
  return a.pos.y == b.pos.y && b.pos.x == c.pos.x && c.pos.y == d.pos.y && d.pos.x == a.pos.x && a.col == c.col &&
         a.col == b.col && a.col == d.col && a.pos.x <= c.pos.x && a.pos.y <= c.pos.y;
}

class Collector {
 public:
  Collector(int width, int height, ImVec2 origin) : m_width(width), m_height(height), m_origin(origin) {}

  void add(const ImDrawList& list) {
    for (const ImDrawCmd& command : list.CmdBuffer) {
      if (command.UserCallback || command.ElemCount == 0) continue;
      const ImVec4& c = command.ClipRect;
      const auto at = [](float v) { return pixelOf(std::clamp(v, 0.0f, 1e6f)); };
      const Box clip{at(c.x - m_origin.x), at(c.y - m_origin.y), std::min(m_width, at(c.z - m_origin.x)),
                     std::min(m_height, at(c.w - m_origin.y))};
      if (clip.empty()) continue;
      const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
      const ImDrawIdx* index = list.IdxBuffer.Data + command.IdxOffset;
      for (unsigned i = 0; i < command.ElemCount;) {
        if (i + 6 <= command.ElemCount && isQuad(vertices, index + i)) {
          quad(vertices[index[i]], vertices[index[i + 2]], clip);
          i += 6;
        } else {
          triangle(vertices[index[i]], vertices[index[i + 1]], vertices[index[i + 2]], clip);
          i += 3;
        }
      }
    }
  }

  std::vector<PaintItem> items;

 private:
  void quad(const ImDrawVert& low, const ImDrawVert& high, const Box& clip) {
    const int left = pixelOf(low.pos.x - m_origin.x), top = pixelOf(low.pos.y - m_origin.y);
    const Box box{std::max(clip.x0, left), std::max(clip.y0, top), std::min(clip.x1, pixelOf(high.pos.x - m_origin.x)),
                  std::min(clip.y1, pixelOf(high.pos.y - m_origin.y))};
    if (box.empty() || alphaOf(low.col) == 0) return;
    PaintItem item = start(low.col, box);
    if (low.uv.x != high.uv.x || low.uv.y != high.uv.y) {
      item.kind = PaintItem::Kind::Picture;
      item.u = pixelOf(low.uv.x * GlyphAtlas::kSize) + box.x0 - left;
      item.v = pixelOf(low.uv.y * GlyphAtlas::kSize) + box.y0 - top;
      if (item.u < 0 || item.v < 0 || item.u + box.x1 - box.x0 > GlyphAtlas::kSize) return;
    }
    items.push_back(item);
  }

  // Corners may differ in alpha (ImGui's smooth edges), colour is the first corner's.
  void triangle(const ImDrawVert& a, const ImDrawVert& b, const ImDrawVert& c, const Box& clip) {
    const ImDrawVert* corners[] = {&a, &b, &c};
    PaintItem item = start(a.col, clip);
    item.kind = PaintItem::Kind::Triangle;
    for (int i = 0; i < 3; ++i) {
      item.x[i] = corners[i]->pos.x - m_origin.x;
      item.y[i] = corners[i]->pos.y - m_origin.y;
      item.alpha[i] = alphaOf(corners[i]->col);
      if (!(std::abs(item.x[i]) < 1e6f && std::abs(item.y[i]) < 1e6f)) return;
    }
    const auto side = [&](int i) { return std::pair<double, double>(item.x[i], item.y[i]); };
    const auto [x0, y0] = side(0);
    const auto [x1, y1] = side(1);
    const auto [x2, y2] = side(2);
    const double area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
    if (area == 0 || (item.alpha[0] | item.alpha[1] | item.alpha[2]) == 0) return;
    if (area < 0) {
      std::swap(item.x[1], item.x[2]);
      std::swap(item.y[1], item.y[2]);
      std::swap(item.alpha[1], item.alpha[2]);
    }
    const auto low = [](const float(&v)[3]) { return static_cast<int>(std::floor(std::min({v[0], v[1], v[2]}))); };
    const auto high = [](const float(&v)[3]) { return static_cast<int>(std::ceil(std::max({v[0], v[1], v[2]}))); };
    item.x0 = std::max(item.x0, low(item.x));
    item.y0 = std::max(item.y0, low(item.y));
    item.x1 = std::min(item.x1, high(item.x));
    item.y1 = std::min(item.y1, high(item.y));
    if (item.x0 < item.x1 && item.y0 < item.y1) items.push_back(item);
  }

  static PaintItem start(ImU32 colour, const Box& box) {
    PaintItem item;
    item.colour = toPixel(colour);
    item.alpha[0] = item.alpha[1] = item.alpha[2] = alphaOf(colour);
    item.x0 = box.x0;
    item.y0 = box.y0;
    item.x1 = box.x1;
    item.y1 = box.y1;
    return item;
  }

  const int m_width, m_height;
  const ImVec2 m_origin;
};

}  // namespace

std::vector<PaintItem> paintItems(const ImDrawData& data, int width, int height) {
  Collector collector(width, height, data.DisplayPos);
  size_t indices = 0;
  for (int i = 0; i < data.CmdListsCount; ++i) indices += static_cast<size_t>(data.CmdLists[i]->IdxBuffer.Size);
  collector.items.reserve(indices / 6);
  for (int i = 0; i < data.CmdListsCount; ++i) collector.add(*data.CmdLists[i]);
  return std::move(collector.items);
}

}  // namespace ui
