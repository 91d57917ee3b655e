#include "ui/scene/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace ui {

Rect intersect(const Rect& a, const Rect& b) {
  const float x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  return {x, y, std::max(0.0f, std::min(a.right(), b.right()) - x),
          std::max(0.0f, std::min(a.bottom(), b.bottom()) - y)};
}

void Scene::pushClip(const Rect& rect) {
  CHECK(m_clips.size() < std::numeric_limits<uint16_t>::max(), "{} clips in one scene", m_clips.size());
  m_clips.push_back(m_clipStack.empty() ? rect : intersect(rect, m_clips[m_clipStack.back()]));
  m_clipStack.push_back(static_cast<uint16_t>(m_clips.size() - 1));
}

void Scene::popClip() {
  CHECK(!m_clipStack.empty(), "popClip without pushClip");
  m_clipStack.pop_back();
}

Primitive& Scene::add(Shape shape, const Rect& rect, Colour colour) {
  Primitive p;
  p.shape = shape;
  p.rect = rect;
  p.colour = colour;
  p.clip = m_clipStack.empty() ? uint16_t{0} : m_clipStack.back();
  p.id = m_id;
  return m_primitives.emplace_back(p);
}

void Scene::fill(const Rect& rect, Colour colour) {
  if (!rect.empty()) add(Shape::Fill, rect, colour);
}

void Scene::outline(const Rect& rect, Colour colour, float thickness) {
  if (!rect.empty()) add(Shape::Outline, rect, colour).thickness = thickness;
}

void Scene::line(Point from, Point to, Colour colour, float thickness, Dash dash) {
  Primitive& p = add(Shape::Line, {from.x, from.y, to.x - from.x, to.y - from.y}, colour);
  p.thickness = thickness;
  p.dash = dash;
}

void Scene::polyline(std::span<const Point> points, Colour colour, float thickness, Dash dash) {
  if (points.size() < 2) return;
  Primitive& p = add(Shape::Polyline, {}, colour);
  p.thickness = thickness;
  p.dash = dash;
  p.first = static_cast<uint32_t>(m_points.size());
  p.count = static_cast<uint32_t>(points.size());
  m_points.insert(m_points.end(), points.begin(), points.end());
}

void Scene::polygon(std::span<const Point> points, Colour colour) {
  if (points.size() < 3) return;
  Primitive& p = add(Shape::Polygon, {}, colour);
  p.first = static_cast<uint32_t>(m_points.size());
  p.count = static_cast<uint32_t>(points.size());
  m_points.insert(m_points.end(), points.begin(), points.end());
}

void Scene::triangle(Point a, Point b, Point c, Colour colour) {
  const std::array<Point, 3> points{a, b, c};
  polygon(points, colour);
}

void Scene::hatch(const Rect& rect, Colour colour, float spacing, float thickness) {
  if (rect.empty()) return;
  Primitive& p = add(Shape::Hatch, rect, colour);
  p.spacing = std::max(1.0f, spacing);
  p.thickness = thickness;
}

void Scene::area(const Rect& rect) {
  if (!rect.empty()) add(Shape::Area, rect, {});
}

void Scene::grid(const Rect& rect, const Grid& cells) {
  if (rect.empty()) return;
  m_grids.push_back(cells);
  Primitive& p = add(Shape::Area, rect, {});
  p.id = cells.base.pack();
  p.style = static_cast<uint32_t>(m_grids.size());
}

const Grid* Scene::gridOf(const Primitive& p) const {
  return p.shape == Shape::Area && p.style > 0 ? &m_grids[p.style - 1] : nullptr;
}

Rect Scene::text(Point at, std::string_view text, const TextStyle& style, Colour colour, const TextShaper& shaper,
                 Align align) {
  const float width = text.empty() ? 0.0f : shaper.width(text, style);
  const TextMetrics metrics = shaper.metrics(style);
  if (align == Align::Right) at.x -= width;
  if (align == Align::Centre) at.x -= width / 2;
  const Rect box{at.x, at.y - metrics.capHeight, width, metrics.capHeight + metrics.descent};
  if (text.empty()) return box;
  const auto known = std::find(m_styles.begin(), m_styles.end(), style);
  const auto index = static_cast<uint32_t>(known - m_styles.begin());
  if (known == m_styles.end()) m_styles.push_back(style);
  Primitive& p = add(Shape::Text, {at.x, at.y, width, box.height}, colour);
  p.style = index;
  p.first = static_cast<uint32_t>(m_text.size());
  p.count = static_cast<uint32_t>(text.size());
  p.spacing = metrics.capHeight;
  m_text += text;
  return box;
}

void Scene::append(const Scene& other, Point at) {
  const auto offsetPoints = static_cast<uint32_t>(m_points.size());
  const auto offsetText = static_cast<uint32_t>(m_text.size());
  pushClip({at.x, at.y, other.m_size.width, other.m_size.height});
  const uint16_t own = m_clipStack.back();
  CHECK(m_clips.size() + other.m_clips.size() < std::numeric_limits<uint16_t>::max(), "too many clips in one scene");
  const size_t firstClip = m_clips.size();
  for (size_t i = 1; i < other.m_clips.size(); ++i) {
    Rect clip = other.m_clips[i];
    clip.x += at.x;
    clip.y += at.y;
    m_clips.push_back(intersect(clip, m_clips[own]));
  }
  std::vector<uint32_t> styles;
  for (const TextStyle& style : other.m_styles) {
    const auto known = std::find(m_styles.begin(), m_styles.end(), style);
    styles.push_back(static_cast<uint32_t>(known - m_styles.begin()));
    if (known == m_styles.end()) m_styles.push_back(style);
  }
  for (Point p : other.m_points) m_points.push_back({p.x + at.x, p.y + at.y});
  m_text += other.m_text;
  const auto offsetGrids = static_cast<uint32_t>(m_grids.size());
  m_grids.insert(m_grids.end(), other.m_grids.begin(), other.m_grids.end());
  m_primitives.reserve(m_primitives.size() + other.m_primitives.size());
  for (Primitive p : other.m_primitives) {
    p.rect.x += at.x;
    p.rect.y += at.y;
    p.clip = p.clip == 0 ? own : static_cast<uint16_t>(firstClip + p.clip - 1);
    if (p.shape == Shape::Text) {
      p.first += offsetText;
      p.style = styles[p.style];
    } else if (p.shape == Shape::Area) {
      if (p.style > 0) p.style += offsetGrids;
    } else if (p.shape == Shape::Polyline || p.shape == Shape::Polygon) {
      p.first += offsetPoints;
    }
    m_primitives.push_back(p);
  }
  popClip();
}

std::optional<Rect> Scene::clipOf(const Primitive& p) const {
  if (p.clip == 0) return std::nullopt;
  return m_clips[p.clip];
}

Rect Scene::bounds(const Primitive& p) const {
  switch (p.shape) {
    case Shape::Text:
      return {p.rect.x, p.rect.y - p.spacing, p.rect.width, p.rect.height};
    case Shape::Line: {
      const float half = p.thickness / 2;
      return {std::min(p.rect.x, p.rect.right()) - half, std::min(p.rect.y, p.rect.bottom()) - half,
              std::abs(p.rect.width) + p.thickness, std::abs(p.rect.height) + p.thickness};
    }
    case Shape::Polyline:
    case Shape::Polygon: {
      Point low = m_points[p.first], high = low;
      for (const Point& q : points(p)) {
        low = {std::min(low.x, q.x), std::min(low.y, q.y)};
        high = {std::max(high.x, q.x), std::max(high.y, q.y)};
      }
      return {low.x, low.y, high.x - low.x, high.y - low.y};
    }
    default:
      return p.rect;
  }
}

SceneId hitTest(const Scene& scene, Point at) {
  const std::span<const Primitive> all = scene.primitives();
  for (size_t i = all.size(); i-- > 0;) {
    const Primitive& p = all[i];
    if (p.id == 0 || !scene.bounds(p).contains(at)) continue;
    if (const std::optional<Rect> clip = scene.clipOf(p); clip && !clip->contains(at)) continue;
    const Grid* grid = scene.gridOf(p);
    if (!grid) return p.id;
    ElementId cell = grid->base;
    const int column = static_cast<int>((at.x - p.rect.x) * grid->tokensPerPixel);
    cell.token = grid->firstToken + std::clamp(column, 0, std::max(0, grid->tokens - 1));
    cell.expert = grid->firstExpert + static_cast<int>((at.y - p.rect.y) / grid->rowHeight);
    return cell.pack();
  }
  return 0;
}

std::vector<Segment> dashSegments(Point from, Point to, Dash dash) {
  static constexpr std::array<std::array<float, 4>, 5> kPatterns = {
      {{1, 0, 1, 0}, {2, 3, 2, 3}, {3, 3, 3, 3}, {6, 3, 6, 3}, {8, 2, 2, 2}}};
  std::vector<Segment> out;
  const float length = std::hypot(to.x - from.x, to.y - from.y);
  if (dash == Dash::Solid || !(length > 0) || length > 1e5f) {
    out.push_back({from, to});
    return out;
  }
  const auto& pattern = kPatterns[static_cast<size_t>(dash)];
  const auto at = [&](float s) {
    return Point{from.x + (to.x - from.x) * s / length, from.y + (to.y - from.y) * s / length};
  };
  float s = 0;
  for (size_t i = 0; s < length; i = (i + 2) % 4) {
    out.push_back({at(s), at(std::min(length, s + pattern[i]))});
    s += pattern[i] + pattern[i + 1];
  }
  return out;
}

// Lines x + y = c; they start at multiples of the spacing of the picture, so that neighbouring hatches continue.
std::vector<Segment> hatchSegments(const Rect& r, float spacing) {
  std::vector<Segment> out;
  if (r.empty() || r.width + r.height > 1e5f) return out;
  const float step = std::max(1.0f, spacing) * std::sqrt(2.0f);
  const float first = std::ceil((r.x + r.y) / step) * step;
  for (float c = first; c < r.right() + r.bottom(); c += step) {
    const float x0 = std::max(r.x, c - r.bottom());
    const float x1 = std::min(r.right(), c - r.y);
    if (x1 > x0) out.push_back({{x0, c - x0}, {x1, c - x1}});
  }
  return out;
}

}  // namespace ui
