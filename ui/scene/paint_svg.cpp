#include "ui/scene/paint_svg.h"

#include <fmt/format.h>

#include <cmath>

#include "ui/utf8.h"

namespace ui {
namespace {

// Two decimals at most: pixel positions need no more, and files of the same scene are the same bytes.
std::string number(float value) {
  const long hundredths = std::lround(static_cast<double>(value) * 100);
  std::string text = fmt::format("{}{}", hundredths < 0 ? "-" : "", std::labs(hundredths) / 100);
  const long rest = std::labs(hundredths) % 100;
  if (rest != 0) text += rest % 10 == 0 ? fmt::format(".{}", rest / 10) : fmt::format(".{:02}", rest);
  return text;
}

std::string paint(std::string_view attribute, Colour c) {
  std::string text = fmt::format(" {}=\"#{:02x}{:02x}{:02x}\"", attribute, c.r, c.g, c.b);
  if (c.a != 255) text += fmt::format(" {}-opacity=\"{:.3f}\"", attribute, c.a / 255.0);
  return text;
}

std::string_view dashArray(Dash dash) {
  switch (dash) {
    case Dash::Solid:
      return "";
    case Dash::Dots23:
      return " stroke-dasharray=\"2 3\"";
    case Dash::Dash33:
      return " stroke-dasharray=\"3 3\"";
    case Dash::Dash63:
      return " stroke-dasharray=\"6 3\"";
    case Dash::DashDot8222:
      return " stroke-dasharray=\"8 2 2 2\"";
  }
  return "";
}

std::string rect(const Rect& r) {
  return fmt::format(" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", number(r.x), number(r.y), number(r.width),
                     number(r.height));
}

std::string stroke(const Primitive& p) {
  return fmt::format("{} stroke-width=\"{}\"{}", paint("stroke", p.colour), number(p.thickness), dashArray(p.dash));
}

std::string pathData(std::span<const Point> points, bool closed) {
  std::string data;
  for (size_t i = 0; i < points.size(); ++i) {
    data += fmt::format("{}{} {}", i == 0 ? "M" : "L", number(points[i].x), number(points[i].y));
  }
  return closed ? data + "Z" : data;
}

std::string hatch(const Primitive& p) {
  std::string data;
  for (const Segment& s : hatchSegments(p.rect, p.spacing)) {
    data += fmt::format("M{} {}L{} {}", number(s.from.x), number(s.from.y), number(s.to.x), number(s.to.y));
  }
  return fmt::format("<path d=\"{}\"{}/>", data, stroke(p));
}

std::string text(const Scene& scene, const Primitive& p, const SvgOptions& options) {
  const TextStyle& style = scene.styleOf(p);
  const std::string& family = style.font == TextFont::Numbers ? options.numbersFamily : options.wordsFamily;
  return fmt::format(
      "<text x=\"{}\" y=\"{}\" font-family=\"{}\" font-size=\"{}\" font-weight=\"{}\"{} xml:space=\"preserve\" "
      "textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
      number(p.rect.x), number(p.rect.y), escapeXml(family), number(style.size), style.weight, paint("fill", p.colour),
      number(p.rect.width), escapeXml(scene.textOf(p)));
}

// An outline lies inside of its rectangle; an SVG stroke is centred.
std::string element(const Scene& scene, const Primitive& p, const SvgOptions& options) {
  switch (p.shape) {
    case Shape::Area:
      return "";
    case Shape::Fill:
      return fmt::format("<rect{}{}/>", rect(p.rect), paint("fill", p.colour));
    case Shape::Outline:
      return fmt::format("<rect{} fill=\"none\"{}/>", rect(p.rect.inset(p.thickness / 2)), stroke(p));
    case Shape::Line: {
      const bool straight = p.rect.width == 0 || p.rect.height == 0;
      const float shift = straight ? 0.5f : 0.0f;  // the pixel grid: a line at 5 covers the pixel from 5 to 6
      const float dx = p.rect.width == 0 ? shift : 0, dy = p.rect.height == 0 ? shift : 0;
      return fmt::format("<path d=\"M{} {}L{} {}\"{}/>", number(p.rect.x + dx), number(p.rect.y + dy),
                         number(p.rect.right() + dx), number(p.rect.bottom() + dy), stroke(p));
    }
    case Shape::Polyline:
      return fmt::format("<path d=\"{}\" fill=\"none\"{}/>", pathData(scene.points(p), false), stroke(p));
    case Shape::Polygon:
      return fmt::format("<path d=\"{}\"{}/>", pathData(scene.points(p), true), paint("fill", p.colour));
    case Shape::Hatch:
      return hatch(p);
    case Shape::Text:
      return text(scene, p, options);
  }
  return "";
}

std::string description(const AccessibleTable& table) {
  std::string text;
  const auto row = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "" : "\t") + cells[i];
    text += "\n";
  };
  row(table.columns);
  for (const auto& cells : table.rows) row(cells);
  return text;
}

}  // namespace

std::string escapeXml(std::string_view text) {
  std::string out;
  forEachCodePoint(text, [&](char32_t c, std::string_view bytes) {
    const bool control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c <= 0x9F) || c == 0xFFFE || c == 0xFFFF;
    if (control) {
      out += "\xEF\xBF\xBD";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += bytes;
    }
  });
  return out;
}

std::string paintSvg(const Scene& scene, const SvgOptions& options) {
  const Size size = scene.size();
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\">\n",
      number(size.width), number(size.height));
  if (!scene.sentence.empty()) out += fmt::format("<title>{}</title>\n", escapeXml(scene.sentence));
  if (!scene.table.columns.empty()) out += fmt::format("<desc>{}</desc>\n", escapeXml(description(scene.table)));
  if (!options.metadata.empty()) out += fmt::format("<metadata>{}</metadata>\n", escapeXml(options.metadata));
  if (options.background) {
    out += fmt::format("<rect{}{}/>\n", rect({0, 0, size.width, size.height}), paint("fill", *options.background));
  }
  uint16_t clip = 0;
  int clips = 0;
  for (const Primitive& p : scene.primitives()) {
    if (p.shape == Shape::Area) continue;
    if (p.clip != clip) {
      if (clip != 0) out += "</g>\n";
      clip = p.clip;
      if (const std::optional<Rect> area = scene.clipOf(p)) {
        out += fmt::format("<clipPath id=\"c{0}\"><rect{1}/></clipPath><g clip-path=\"url(#c{0})\">\n", ++clips,
                           rect(*area));
      }
    }
    out += element(scene, p, options) + "\n";
  }
  if (clip != 0) out += "</g>\n";
  return out + "</svg>\n";
}

}  // namespace ui
