#include "ui/instruments/measures_scene.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ui/instruments/panel.h"
#include "ui/numbers.h"

namespace ui {
namespace {

constexpr float kColumn = 380, kNarrow = 290, kNumbers = 172, kLine = 16, kLow = 13, kWhat = 860, kGap = 24;

struct Line {
  const MeasureRow* row = nullptr;  // null: the title of a group
  const std::string* title = nullptr;
};

class MeasuresPainter {
 public:
  MeasuresPainter(Panel& panel, const MeasuresView& view, float top, int scrolled)
      : p(panel), v(view), m_top(top), m_scrolled(static_cast<size_t>(std::max(0, scrolled))) {
    for (const MeasureGroup& group : v.groups) {
      m_lines.push_back({nullptr, &group.title});
      for (const MeasureRow& row : group.rows) m_lines.push_back({&row, nullptr});
    }
  }

  void paint() {
    const float room = p.width - 2 * p.pad(), head = p.u(18), gap = p.u(kGap);
    Arrangement best;
    // Airy where all fits, else closer.
    for (const auto& [line, column] :
         {std::pair(kLine, kColumn), std::pair(kLine, kNarrow), std::pair(kLow, kNarrow)}) {
      const float free = p.height - m_top - head - p.u(6);
      const auto most = static_cast<size_t>(std::max(1.0f, (room + gap) / (p.u(column) + gap)));
      best = arranged(p.u(line), std::max(1.0f, free / p.u(line)), most);
      if (best.all) break;
      best = arranged(p.u(line), std::max(1.0f, (free - p.u(10)) / p.u(line)), most);  // a line says how many are left
    }
    const float width = (room - gap * static_cast<float>(best.columns - 1)) / static_cast<float>(best.columns);
    const size_t last = lastFirst(best), first = std::min(m_scrolled, last);
    size_t next = first;
    for (size_t c = 0; c < best.columns; ++c) {
      const float x = std::floor(p.pad() + (width + gap) * static_cast<float>(c));
      heads(x, width);
      const size_t end = endOfColumn(next, best.rows);
      for (size_t r = 0; next < end; ++r) {
        one(m_lines[next++], x, m_top + head + best.line * (static_cast<float>(r) + 0.5f), width, best.line);
      }
    }
    if (last > 0) rest(first, last, next);
  }

 private:
  struct Arrangement {
    size_t columns = 1, rows = 1;
    float line = 0;
    bool all = false;
  };

  // A title does not stand last in its column.
  size_t endOfColumn(size_t first, size_t rows) const {
    const size_t end = std::min(m_lines.size(), first + rows);
    return end > first + 1 && end < m_lines.size() && !m_lines[end - 1].row ? end - 1 : end;
  }

  bool allFit(size_t columns, size_t rows, size_t first = 0) const {
    size_t next = first;
    for (size_t c = 0; c < columns; ++c) next = endOfColumn(next, rows);
    return next == m_lines.size();
  }

  // As few columns as hold all, and those as even as can be.
  Arrangement arranged(float line, float rows, size_t most) const {
    const auto fit = static_cast<size_t>(rows);
    Arrangement out{most, fit, line, false};
    for (size_t columns = 1; columns <= most && !out.all; ++columns) {
      out.all = allFit(columns, fit);
      if (out.all) out.columns = columns;
    }
    while (out.all && out.rows > 1 && allFit(out.columns, out.rows - 1)) --out.rows;
    return out;
  }

  // The line that stands on top where the last one is in view; 0: all are.
  size_t lastFirst(const Arrangement& in) const {
    size_t first = 0;
    while (first < m_lines.size() && !allFit(in.columns, in.rows, first)) ++first;
    return first;
  }

  // How many are above and below, which a press scrolls.
  void rest(size_t first, size_t last, size_t next) {
    const auto rows = [&](size_t from, size_t to) {
      return countText(std::count_if(m_lines.begin() + static_cast<ptrdiff_t>(from),
                                     m_lines.begin() + static_cast<ptrdiff_t>(to),
                                     [](const Line& line) { return line.row != nullptr; }));
    };
    const auto& say = p.look.say;
    const std::string above = rows(0, first), below = rows(next, m_lines.size());
    const std::string words = first == 0      ? say(Say::MoreRows, below)
                              : first == last ? say(Say::MeasuresAbove, above)
                                              : say(Say::MeasuresAboveMore, above, below);
    const SceneId id = p.id(Element::Overview, static_cast<int>(first), -1, -1, static_cast<int>(last - first));
    p.scene.setId(id);
    const Rect box = p.text(p.width - p.pad(), p.height - p.u(7), words, p.words(),
                            p.hovered(id) ? p.theme.fg1 : p.theme.fg3, Scene::Align::Right);
    p.scene.area({box.x - 4, p.height - p.u(14), box.width + 8, p.u(14)});
    p.scene.setId(0);
  }

  struct Places {
    float value, even, bound, what;  // right edges of the numbers, left of the words
    float name;                      // width
  };
  Places placesOf(float x, float width) const {
    const bool words = width >= p.u(kWhat);
    const float numbers = words ? x + p.u(290 + kNumbers) : x + width;
    return {numbers - p.u(120), numbers - p.u(48), numbers, words ? numbers + p.u(20) : 0, numbers - p.u(kNumbers) - x};
  }

  void heads(float x, float width) {
    const Places at = placesOf(x, width);
    const float y = m_top + p.u(8);
    const auto& say = p.look.say;
    p.text(at.value, y, say(Say::MeasureValue), p.words(), p.theme.fg3, Scene::Align::Right);
    p.text(at.even, y, say(Say::ByChance), p.words(), p.theme.fg3, Scene::Align::Right);
    p.text(at.bound, y, say(Say::MeasureBound), p.words(), p.theme.fg3, Scene::Align::Right);
    if (at.what > 0) p.text(at.what, y, say(Say::MeasureWhat), p.words(), p.theme.fg3);
  }

  void one(const Line& line, float x, float y, float width, float high) {
    if (!line.row) {
      p.text(x, y, *line.title, p.words(kSizeNumber, 600), p.theme.fg1);
      return;
    }
    const Places at = placesOf(x, width);
    const MeasureRow& row = *line.row;
    p.scene.setId(p.id(Element::Fact, -1, -1, -1, static_cast<int>(row.kind)));
    const Rect band{x - p.u(4), std::floor(y - high / 2), width + p.u(8), high};
    const ElementId over = p.look.hover.element();
    if (over.element == Element::Fact && over.value == static_cast<int>(row.kind)) {
      p.scene.fill(band, p.theme.bg3);
    } else {
      p.scene.area(band);
    }
    p.scene.setId(0);
    p.fitted(x, y, at.name, row.name, p.words(), p.theme.fg2);
    p.text(at.value, y, row.value, p.numbers(500), v.computing ? p.theme.fg3 : p.theme.fg1, Scene::Align::Right);
    p.text(at.even, y, row.even.empty() && !v.computing ? "\u2013" : row.even, p.numbers(), p.theme.fg2,
           Scene::Align::Right);
    p.text(at.bound, y, row.bound, p.numbers(), p.theme.fg2, Scene::Align::Right);
    if (at.what > 0) p.fitted(at.what, y, x + width - at.what, row.what, p.words(), p.theme.fg3);
  }

  Panel& p;
  const MeasuresView& v;
  const float m_top;
  const size_t m_scrolled;  // lines
  std::vector<Line> m_lines;
};

}  // namespace

Scene makeMeasuresScene(const MeasuresView& view, Size size, const Look& look, int scrolled) {
  if (view.panel.notice) return emptyScene(Instrument::Measures, view.panel, size, look, view.description);
  Panel panel(Instrument::Measures, size, look);
  const float top = panel.titleBar(view.panel);
  MeasuresPainter(panel, view, top, scrolled).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
