// A picture as a flat list of primitives, in painting order, in logical pixels from the top left. Every painter (ImGui,
// pixels, SVG), the hit test and the screen reader work on this and on nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ui/colour.h"
#include "ui/scene/element_id.h"
#include "ui/text_shaper.h"

namespace ui {

struct Point {
  float x = 0, y = 0;
};

struct Size {
  float width = 0, height = 0;
};

struct Rect {
  float x = 0, y = 0, width = 0, height = 0;
  float right() const { return x + width; }
  float bottom() const { return y + height; }
  float centreX() const { return x + width / 2; }
  float centreY() const { return y + height / 2; }
  bool empty() const { return !(width > 0 && height > 0); }
  bool contains(Point p) const { return p.x >= x && p.x < right() && p.y >= y && p.y < bottom(); }
  Rect inset(float by) const { return {x + by, y + by, width - 2 * by, height - 2 * by}; }
  friend bool operator==(const Rect&, const Rect&) = default;
};

Rect intersect(const Rect& a, const Rect& b);

enum class Shape : uint8_t {
  Fill,      // rect
  Outline,   // rect; the line lies inside of it
  Line,      // from (x, y) to (x + width, y + height), thickness centred on it
  Polyline,  // points [first, first + count)
  Polygon,   // points [first, first + count) of a convex area
  Hatch,     // rect filled with 45 degree lines of `thickness` every `spacing`
  Text,      // text [first, first + count) of the arena; pen at (x, y) on the baseline; width and height are its box
  Area,      // rect, painted by nobody: takes hover and click
};

enum class Dash : uint8_t { Solid, Dots23, Dash33, Dash63, DashDot8222 };  // lengths of ink and gap

struct Primitive {
  Shape shape = Shape::Fill;
  Dash dash = Dash::Solid;
  uint16_t clip = 0;  // into Scene::clips; 0 is no clip
  Colour colour;
  float thickness = 1;
  float spacing = 4;
  Rect rect;
  uint32_t first = 0, count = 0;
  uint32_t style = 0;  // of a text, into Scene::styles; of an area, its grid plus one
  SceneId id = 0;
};

// Cells too many to be primitives of their own: an area that answers with the cell under the point. Columns are tokens,
// rows experts from `firstExpert` on.
struct Grid {
  ElementId base;            // instrument, element and layer of all cells
  float tokensPerPixel = 1;  // along x
  int firstToken = 0;        // at the left edge
  int tokens = 0;            // from there on
  int firstExpert = 0;
  float rowHeight = 1;
};

struct AccessibleTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

class Scene {
 public:
  explicit Scene(Size size = {}) : m_size(size), m_clips(1) {}

  Size size() const { return m_size; }

  // Primitives take the id and clip that are current, so that a caller sets them once for a group.
  void setId(SceneId id) { m_id = id; }
  void pushClip(const Rect& rect);  // inside of the clip before
  void popClip();

  void fill(const Rect& rect, Colour colour);
  void outline(const Rect& rect, Colour colour, float thickness = 1);
  void line(Point from, Point to, Colour colour, float thickness = 1, Dash dash = Dash::Solid);
  void polyline(std::span<const Point> points, Colour colour, float thickness = 1, Dash dash = Dash::Solid);
  void polygon(std::span<const Point> points, Colour colour);  // convex
  void triangle(Point a, Point b, Point c, Colour colour);
  void hatch(const Rect& rect, Colour colour, float spacing = 4, float thickness = 1.2f);
  void area(const Rect& rect);
  void grid(const Rect& rect, const Grid& cells);
  // x: left edge, right edge or middle by `align`; y: the baseline. The shaper measures. Returns the box that was
  // taken.
  enum class Align : uint8_t { Left, Right, Centre };
  Rect text(Point at, std::string_view text, const TextStyle& style, Colour colour, const TextShaper& shaper,
            Align align = Align::Left);

  // Another scene laid into this one at an offset, clipped to its own size.
  void append(const Scene& other, Point at);

  std::span<const Primitive> primitives() const { return m_primitives; }
  std::span<const Point> points(const Primitive& p) const { return {m_points.data() + p.first, p.count}; }
  std::string_view textOf(const Primitive& p) const { return std::string_view(m_text).substr(p.first, p.count); }
  const Grid* gridOf(const Primitive& p) const;  // null: a plain area
  const TextStyle& styleOf(const Primitive& p) const { return m_styles[p.style]; }
  // Empty optional: the whole scene.
  std::optional<Rect> clipOf(const Primitive& p) const;
  Rect bounds(const Primitive& p) const;  // what it covers, unclipped

  // What the picture says: one sentence, then its numbers as a table.
  std::string sentence;
  AccessibleTable table;

 private:
  Primitive& add(Shape shape, const Rect& rect, Colour colour);

  Size m_size;
  std::vector<Primitive> m_primitives;
  std::vector<Point> m_points;
  std::string m_text;
  std::vector<TextStyle> m_styles;
  std::vector<Grid> m_grids;
  std::vector<Rect> m_clips;  // [0] is unused
  std::vector<uint16_t> m_clipStack;
  SceneId m_id = 0;
};

// The topmost primitive with an id under a point; 0 where there is none.
SceneId hitTest(const Scene& scene, Point at);

// Cuts of a line by a dash, and the lines of a hatch clipped to their rectangle. Calls `segment(from, to)`.
struct Segment {
  Point from, to;
};
std::vector<Segment> dashSegments(Point from, Point to, Dash dash);
std::vector<Segment> hatchSegments(const Rect& rect, float spacing);

}  // namespace ui
