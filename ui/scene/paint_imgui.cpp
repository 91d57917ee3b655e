#include "ui/scene/paint_imgui.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr size_t kGlyphsAtOnce = 4096;  // 16,384 vertices a reservation: indices have 16 bits

struct Pixels {
  float x0, y0, x1, y1;
};

class Painter {
 public:
  Painter(const Scene& scene, TextShaper& shaper, float scale, ImDrawList& list)
      : m_scene(scene), m_shaper(shaper), m_scale(scale), m_list(list) {}

  void paint() {
    uint16_t clip = 0;
    for (const Primitive& p : m_scene.primitives()) {
      if (p.shape == Shape::Area) continue;
      if (p.clip != clip) setClip(clip = p.clip, m_scene.clipOf(p));
      draw(p);
    }
    if (m_clipped) m_list.PopClipRect();
  }

 private:
  float snap(float v) const { return std::floor(v * m_scale + 0.5f); }
  Pixels snap(const Rect& r) const {
    Pixels p{snap(r.x), snap(r.y), snap(r.right()), snap(r.bottom())};
    p.x1 = std::max(p.x1, p.x0 + 1);
    p.y1 = std::max(p.y1, p.y0 + 1);
    return p;
  }
  static ImU32 pack(Colour c) { return IM_COL32(c.r, c.g, c.b, c.a); }

  void setClip(uint16_t, const std::optional<Rect>& clip) {
    if (m_clipped) m_list.PopClipRect();
    m_clipped = clip.has_value();
    if (!clip) return;
    m_list.PushClipRect({snap(clip->x), snap(clip->y)}, {snap(clip->right()), snap(clip->bottom())}, true);
  }

  void fill(const Pixels& p, ImU32 colour) { m_list.AddRectFilled({p.x0, p.y0}, {p.x1, p.y1}, colour); }

  void outline(const Primitive& p) {
    const Pixels r = snap(p.rect);
    const float t = std::max(1.0f, std::floor(p.thickness * m_scale + 0.5f));
    const ImU32 colour = pack(p.colour);
    if (r.x1 - r.x0 <= 2 * t || r.y1 - r.y0 <= 2 * t) return fill(r, colour);
    fill({r.x0, r.y0, r.x1, r.y0 + t}, colour);
    fill({r.x0, r.y1 - t, r.x1, r.y1}, colour);
    fill({r.x0, r.y0 + t, r.x0 + t, r.y1 - t}, colour);
    fill({r.x1 - t, r.y0 + t, r.x1, r.y1 - t}, colour);
  }

  // A line along an axis: whole pixels at full strength, the rest of its thickness as one fainter row beside them.
  void straight(Point a, Point b, float thickness, Colour colour) {
    const bool upright = a.x == b.x;
    const float t = std::max(1.0f, thickness * m_scale);
    const float whole = std::floor(t);
    const float side = snap((upright ? a.x : a.y) - thickness / 2);
    float from = snap(upright ? std::min(a.y, b.y) : std::min(a.x, b.x));
    float to = snap(upright ? std::max(a.y, b.y) : std::max(a.x, b.x));
    to = std::max(to, from + 1);
    const auto strip = [&](float s0, float s1, Colour c) {
      fill(upright ? Pixels{s0, from, s1, to} : Pixels{from, s0, to, s1}, pack(c));
    };
    strip(side, side + whole, colour);
    const int faint = static_cast<int>((t - whole) * colour.a);
    if (faint > 24) {
      colour.a = static_cast<uint8_t>(faint);
      strip(side + whole, side + whole + 1, colour);
    }
  }

  void segment(Point a, Point b, float thickness, Colour colour) {
    if (a.x == b.x || a.y == b.y) return straight(a, b, thickness, colour);
    m_list.AddLine({a.x * m_scale, a.y * m_scale}, {b.x * m_scale, b.y * m_scale}, pack(colour), thickness * m_scale);
  }

  void dashed(Point a, Point b, const Primitive& p) {
    if (p.dash == Dash::Solid) return segment(a, b, p.thickness, p.colour);
    for (const Segment& s : dashSegments(a, b, p.dash)) segment(s.from, s.to, p.thickness, p.colour);
  }

  void polyline(const Primitive& p) {
    const std::span<const Point> points = m_scene.points(p);
    if (p.dash == Dash::Solid) {
      path(points);
      m_list.PathStroke(pack(p.colour), 0, p.thickness * m_scale);
      return;
    }
    for (size_t i = 1; i < points.size(); ++i) dashed(points[i - 1], points[i], p);
  }

  void path(std::span<const Point> points) {
    m_list.PathClear();
    for (const Point& q : points) m_list.PathLineTo({q.x * m_scale, q.y * m_scale});
  }

  void text(const Primitive& p) {
    const ShapedText& run = m_shaper.shape(m_scene.textOf(p), m_scene.styleOf(p), m_scale);
    const float x = snap(p.rect.x), y = snap(p.rect.y);
    for (size_t first = 0; first < run.glyphs.size(); first += kGlyphsAtOnce) {
      const size_t count = std::min(kGlyphsAtOnce, run.glyphs.size() - first);
      m_list.PrimReserve(static_cast<int>(count * 6), static_cast<int>(count * 4));
      for (size_t i = first; i < first + count; ++i) {
        const Glyph& g = run.glyphs[i];
        constexpr float kTexel = 1.0f / GlyphAtlas::kSize;
        const ImVec2 at{x + g.x, y + g.y};
        const ImVec2 uv{g.u * kTexel, g.v * kTexel};
        const ImU32 colour = g.coloured ? IM_COL32(255, 255, 255, p.colour.a) : pack(p.colour);
        m_list.PrimRectUV(at, {at.x + g.width, at.y + g.height}, uv,
                          {uv.x + g.width * kTexel, uv.y + g.height * kTexel}, colour);
      }
    }
  }

  void draw(const Primitive& p) {
    switch (p.shape) {
      case Shape::Fill:
        return fill(snap(p.rect), pack(p.colour));
      case Shape::Outline:
        return outline(p);
      case Shape::Line:
        return dashed({p.rect.x, p.rect.y}, {p.rect.right(), p.rect.bottom()}, p);
      case Shape::Polyline:
        return polyline(p);
      case Shape::Polygon:
        path(m_scene.points(p));
        return m_list.PathFillConvex(pack(p.colour));
      case Shape::Hatch:
        for (const Segment& s : hatchSegments(p.rect, p.spacing)) segment(s.from, s.to, p.thickness, p.colour);
        return;
      case Shape::Text:
        return text(p);
      case Shape::Area:
        return;
    }
  }

  const Scene& m_scene;
  TextShaper& m_shaper;
  float m_scale;
  ImDrawList& m_list;
  bool m_clipped = false;
};

}  // namespace

void paintImGui(const Scene& scene, TextShaper& shaper, float deviceScale, ImDrawList& list) {
  Painter(scene, shaper, deviceScale, list).paint();
}

}  // namespace ui
