#include <algorithm>
#include <array>
#include <cmath>

#include "ui/instruments/band.h"
#include "ui/instruments/heat_marks.h"
#include "ui/instruments/heat_scenes.h"
#include "ui/instruments/scrolling.h"
#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

class TokensPainter {
 public:
  TokensPainter(Panel& panel, const TokensExpertsView& view) : p(panel), v(view) {
    rows = bandRows(v.experts, p.height, p.theme.textScale, v.cursorExpert, p.look.ownLabels);
    state = {v.experts, v.cursorExpert, v.chosenNow, {}};
    m_left = p.pad() + (p.look.ownLabels ? expertLabelWidth(p, v.experts) : 0);
    m_room = std::max(4.0f, p.width - p.pad() - m_left);
    const float whole = m_room / static_cast<float>(std::max(1, v.length));
    m_pitch = std::min(kMostPitch, whole * std::max(1.0f, v.zoom));
    m_count = m_pitch <= whole ? v.length : std::clamp(static_cast<int>(m_room / m_pitch), 1, std::max(1, v.length));
    m_first = firstToken();
    m_end = m_first + m_count;
    m_columns = m_count;
    if (m_pitch < 2) {  // several tokens a column; wider still where there would be too many rectangles
      float width = 2;
      while (static_cast<float>(rows.count) * m_room / width > kMostHeatRectangles) width += 1;
      m_columns = std::max(1, static_cast<int>(m_room / width));
      m_columnWidth = width;
    } else {
      m_columnWidth = m_pitch;
    }
  }

  void paint() {
    paintBandRows(p, rows, state, false);
    cells();
    if (m_pitch >= 2) marks();
    if (p.look.ownLabels) paintExpertLabels(p, rows, state, p.pad());
    if (v.prompt > m_first && v.prompt < m_end) {
      p.scene.fill({std::floor(tokenX(v.prompt)), rows.top - 6, 1, rows.bottom() - rows.top + 6}, p.theme.generated);
    }
    if (v.tokens < v.length && v.source.running && v.tokens >= m_first &&
        v.tokens < m_end) {  // the line the run has reached
      p.scene.fill({std::floor(tokenX(v.tokens)), rows.top - 2, 1, rows.bottom() - rows.top + 4}, p.theme.fg2);
    }
    range();
    cursor();
    heads();
    wholeRun();
    if (v.source.beside.empty()) {
      heatFooter(p, m_left, rows.footer, v.high, m_pitch >= 2, v.source.dispatch[static_cast<size_t>(v.layer)]->exists);
    } else {
      changeLegend(p, heatFooter(p, m_left, rows.footer, v.high, false, false), rows.footer);
    }
  }

 private:
  // Where the window of tokens begins: the cursor in its middle third, moved a third at a time, unless it was moved by
  // hand.
  int firstToken() const {
    if (m_count >= v.length) return 0;
    if (v.first >= 0) return std::min(v.first, v.length - m_count);
    const int third = std::max(1, m_count / 3);
    return std::clamp((v.cursorToken / third - 1) * third, 0, v.length - m_count);
  }
  bool inView(int token) const { return token >= m_first && token < m_end; }
  float tokenX(int token) const {
    return m_pitch >= 2 ? m_left + m_pitch * static_cast<float>(token - m_first)
                        : m_left + m_columnWidth * static_cast<float>(columnOf(token));
  }
  int columnOf(int token) const {
    return static_cast<int>(int64_t{token - m_first} * m_columns / std::max(1, m_count));
  }
  int firstOf(int column) const {
    return m_first + static_cast<int>((int64_t{column} * m_count + m_columns - 1) / m_columns);
  }
  float columnX(int column) const { return std::floor(m_left + m_columnWidth * static_cast<float>(column)); }

  // Levels of all columns and visible rows, the maximum where a column holds several tokens; 255: nothing recorded.
  std::vector<uint8_t> levels() const {
    const auto visible = static_cast<size_t>(rows.count), columns = static_cast<size_t>(m_columns);
    std::vector<uint8_t> out(visible * columns, 255);
    std::vector<float> most(visible);
    for (size_t c = 0; c < columns; ++c) {
      const int first = firstOf(static_cast<int>(c));
      const int last = std::min({v.tokens, m_end, std::max(first + 1, firstOf(static_cast<int>(c) + 1))});
      if (first >= last) continue;
      std::fill(most.begin(), most.end(), -1.0f);
      for (int t = first; t < last; ++t) {
        const std::span<const float> scores = v.source.scoresAt(v.layer, t);
        if (scores.empty()) continue;
        const float* from = scores.data() + rows.first;
        for (size_t r = 0; r < visible; ++r) most[r] = std::max(most[r], from[r]);
      }
      for (size_t r = 0; r < visible; ++r) {
        out[r * columns + c] =
            most[r] < 0 ? 254 : static_cast<uint8_t>(sequentialLevel(static_cast<double>(most[r]) / v.high));
      }
    }
    return out;
  }

  void cells() {
    const std::vector<uint8_t> all = levels();
    const auto columns = static_cast<size_t>(m_columns);
    std::array<Colour, kColourLevels> colours;
    for (size_t i = 0; i < colours.size(); ++i) {
      colours[i] = p.theme.sequentialAt(static_cast<double>(i) / (kColourLevels - 1));
    }
    const float gap = rows.height >= 5 ? 1.0f : 0.0f;
    for (int r = 0; r < rows.count; ++r) {
      const uint8_t* row = all.data() + static_cast<size_t>(r) * columns;
      for (size_t from = 0; from < columns;) {
        size_t to = from + 1;
        while (to < columns && row[to] == row[from]) ++to;
        if (row[from] != 255) {
          const float x0 = columnX(static_cast<int>(from)), x1 = columnX(static_cast<int>(to));
          const Colour colour = row[from] == 254 ? p.theme.bg2 : colours[row[from]];
          p.scene.fill({x0, rows.y(rows.first + r), x1 - x0, rows.height - gap}, colour);
        }
        from = to;
      }
    }
    const float end = endX();
    if (end > m_left) {
      Grid grid;
      grid.base = {Instrument::TokensExperts, Element::Cell, -1, v.layer, -1, -1};
      grid.tokensPerPixel = static_cast<float>(m_count) / (end - m_left);
      grid.firstToken = m_first;
      grid.tokens = m_count;
      grid.firstExpert = rows.first;
      grid.rowHeight = rows.height;
      p.scene.grid({m_left, rows.top, end - m_left, rows.bottom() - rows.top}, grid);
    }
    hover();
  }

  // Cells are many; the one under the pointer is found by the scene's grid.
  void hover() {
    const ElementId at = p.look.hover.element();
    if (at.instrument != Instrument::TokensExperts || at.element != Element::Cell || at.token < 0) return;
    if (!rows.visible(at.expert) || !inView(at.token)) return;
    p.scene.outline({std::floor(tokenX(at.token)), rows.y(at.expert), std::max(2.0f, m_columnWidth), rows.height - 1},
                    p.theme.fg2);
  }

  void marks() {
    const float side = !rows.labelled || m_pitch < 4 ? 2.0f : 4.0f;
    for (int t = m_first; t < std::min(v.tokens, m_end); ++t) {
      const std::span<const int32_t> ids = v.source.trace.ints(Hook::RouterIds, v.layer, t);
      const std::span<const float> scores = v.source.scoresAt(v.layer, t);
      for (size_t rank = 0; rank < ids.size(); ++rank) {
        const int e = ids[rank];
        if (e < 0 || e >= v.experts || !rows.visible(e)) continue;
        const float cx = std::floor(tokenX(t)) + std::floor(m_pitch) / 2, cy = rows.y(e) + std::floor(rows.height / 2);
        Colour ground = p.theme.bg2;
        if (!scores.empty())
          ground = p.theme.sequentialAt(static_cast<double>(scores[static_cast<size_t>(e)]) / v.high);
        if (v.source.keptAt(v.layer, t, static_cast<int>(rank)) == 0) {
          heatCross(p, cx, cy, std::min({p.u(8), std::max(3.0f, m_pitch), rows.height - 2}), ground);
        } else {
          p.scene.fill({std::floor(cx - side / 2), std::floor(cy - side / 2), side, side}, p.theme.inkOn(ground));
        }
      }
      if (!v.source.beside.empty()) changes(t, ids, scores);
    }
  }

  // Where a replay chose otherwise than its run.
  void changes(int token, std::span<const int32_t> ids, std::span<const float> scores) {
    const std::vector<int> before = v.source.besideAt(v.layer, token);
    const auto cell = [&](int e) {
      return Rect{std::floor(tokenX(token)), rows.y(e), std::max(2.0f, std::floor(m_columnWidth)), rows.height - 1};
    };
    for (const int e : before) {
      if (!rows.visible(e) || std::find(ids.begin(), ids.end(), e) != ids.end()) continue;
      const Colour ground = scores.empty()
                                ? p.theme.bg2
                                : p.theme.sequentialAt(static_cast<double>(scores[static_cast<size_t>(e)]) / v.high);
      heatGone(p, cell(e), ground);
    }
    for (const int32_t e : ids) {
      if (e >= 0 && rows.visible(e) && std::find(before.begin(), before.end(), e) == before.end()) heatNew(p, cell(e));
    }
  }

  void range() {
    if (v.rangeFirst < 0 || v.rangeLast < m_first || v.rangeFirst >= m_end) return;
    const float x0 = std::floor(tokenX(std::max(v.rangeFirst, m_first)));
    const float x1 = std::floor(tokenX(std::min(v.rangeLast + 1, m_end)));
    if (inView(v.rangeFirst)) p.scene.fill({x0, rows.top - 5, 1, 5}, p.theme.fg1);
    if (inView(v.rangeLast)) p.scene.fill({x1, rows.top - 5, 1, 5}, p.theme.fg1);
    p.scene.fill({x0, rows.top - 5, x1 - x0, 1}, p.theme.fg1);
  }

  void cursor() {
    if (!inView(v.cursorToken)) return;
    const float x0 = std::floor(tokenX(v.cursorToken)), w = std::max(2.0f, std::floor(m_columnWidth));
    const Colour thin = withAlpha(p.theme.accent, 0.65);
    p.scene.fill({x0 - 1, rows.top - 2, 1, rows.bottom() - rows.top + 2}, thin);
    p.scene.fill({x0 + w, rows.top - 2, 1, rows.bottom() - rows.top + 2}, thin);
    if (rows.visible(v.cursorExpert)) {
      p.cursorBox({x0, rows.y(v.cursorExpert), w, std::max(2.0f, rows.height - 1)});
    }
  }

  void heads() {
    const float y = rows.top - p.u(kHeadHeight) / 2 - 1, right = m_left + m_room;
    std::vector<std::pair<float, float>> taken;
    const auto place = [&](float x, const std::string& text, const TextStyle& style, Colour colour,
                           Scene::Align align) {
      const float w = p.widthOf(text, style);
      float left = align == Scene::Align::Centre ? x - w / 2 : align == Scene::Align::Right ? x - w : x;
      if (align == Scene::Align::Centre) left = std::clamp(left, m_left, std::max(m_left, right - w));
      if (left + w > right + 1 || left < m_left - 1) return;
      for (const auto& [a, b] : taken) {
        if (left < b + p.u(5) && left + w + p.u(5) > a) return;
      }
      taken.emplace_back(left, left + w);
      p.text(left, y, text, style, colour);
    };
    const float half = m_columnWidth / 2;
    if (inView(v.cursorToken)) {
      place(tokenX(v.cursorToken) + half, fmt::format("{}", v.cursorToken), p.numbers(500), p.theme.accentText,
            Scene::Align::Centre);
    }
    place(m_left, fmt::format("{}", m_first), p.numbers(), p.theme.fg3, Scene::Align::Left);
    place(std::min(endX(), right), fmt::format("{}", m_end - 1), p.numbers(), p.theme.fg3, Scene::Align::Right);
    if (v.prompt > m_first && v.prompt < m_end) {
      place(tokenX(v.prompt) + p.u(5), p.look.say(Say::Generated), p.words(), p.theme.generated, Scene::Align::Left);
    }
  }

  // Which part of the run is in view, where that is not all of it.
  void wholeRun() {
    if (m_count >= v.length) return;
    const float y = rows.bottom() + 1, perToken = m_room / static_cast<float>(v.length);
    p.scene.fill({m_left, y, m_room, 2}, p.theme.line2);
    p.scene.fill({std::floor(m_left + perToken * static_cast<float>(m_first)), y,
                  std::max(4.0f, std::floor(perToken * static_cast<float>(m_count))), 2},
                 p.theme.fg2);
  }

  float endX() const { return m_pitch >= 2 ? m_left + m_pitch * static_cast<float>(m_count) : columnX(m_columns); }

  Panel& p;
  const TokensExpertsView& v;
  BandRows rows;
  BandState state;
  float m_left = 0, m_room = 0, m_pitch = 0, m_columnWidth = 0;
  int m_first = 0, m_count = 0, m_end = 0;  // tokens in view
  int m_columns = 0;
};

}  // namespace

Scene makeTokensExpertsScene(const TokensExpertsView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::TokensExperts, view.panel, size, look, view.description);
  Panel panel(Instrument::TokensExperts, size, look);
  TokensPainter(panel, view).paint();
  panel.titleBar(view.panel);
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
