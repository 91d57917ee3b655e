#include "ui/instruments/coactivation_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/band.h"
#include "ui/instruments/heat_marks.h"
#include "ui/instruments/heat_scenes.h"
#include "ui/numbers.h"

namespace ui {
namespace {

static_assert(kMostPairCells * kMostPairCells <= kMostHeatRectangles);

constexpr float kLeastMatrix = 180, kGap = 24, kHead = 18, kListLine = 16, kListGap = 14;

class CoactivationPainter {
 public:
  CoactivationPainter(Panel& panel, const CoactivationView& view, float top)
      : p(panel), v(view), say(panel.look.say), m_top(top + p.u(kHead)) {
    m_left = p.pad() + expertLabelWidth(p, v.experts);
    m_footer = p.height - p.u(kFooterHeight) / 2;
    const float high = std::max(2.0f, p.height - p.u(kFooterHeight) - m_top);
    listColumns();
    const float room = std::max(2.0f, p.width - p.pad() - m_left), list = m_list + p.u(kGap);
    m_listed = room - list >= p.u(kLeastMatrix) && high >= p.u(3 * kListLine);
    const float wide = m_listed ? room - list : room;
    do {
      ++m_side;
      m_cells = (v.experts + m_side - 1) / m_side;
    } while (m_cells > 1 && (m_cells > kMostPairCells || high / static_cast<float>(m_cells) < 2 ||
                             wide / static_cast<float>(m_cells) < 2));
    const auto cells = static_cast<float>(m_cells);
    m_height = std::min(p.u(2 * kRowMax), high / cells);
    m_width = std::min(wide / cells, std::max(p.u(8), 2.2f * m_height));
    measure();
  }

  void paint() {
    for (int r = 0; r < m_cells; ++r) {
      for (int c = 0; c < m_cells; ++c) cell(r, c);
    }
    labels();
    const int row = v.cursorExpert / m_side;
    p.cursorBox({m_left, y(row), x(m_cells) - m_left - gap(), y(row + 1) - y(row) - gap()});
    const float end = rateFooter(p, m_left, m_footer, m_high, m_clipped, v.measured->byChance);
    if (m_side > 1) {
      p.firstThatFits(end, m_footer, p.width - p.pad() - end,
                      {say(Say::PairsLegendBlock, m_side), say(Say::PairsLegendBlockShort, m_side)}, p.words(),
                      p.theme.fg2);
    }
    if (m_listed) list(x(m_cells) + p.u(kGap));
  }

 private:
  float x(int column) const { return std::floor(m_left + m_width * static_cast<float>(column)); }
  float y(int row) const { return std::floor(m_top + m_height * static_cast<float>(row)); }
  float gap() const { return m_height >= 5 ? 1.0f : 0.0f; }
  // Room for the longest of each: pair, share, times an even router, counts.
  void listColumns() {
    const auto widest = [&](Say head, auto text) {
      float most = p.widthOf(say(head), p.words());
      for (const ExpertPair& pair : v.measured->strongest) most = std::max(most, p.widthOf(text(pair), p.numbers(500)));
      return most + p.u(kListGap);
    };
    const float pair = widest(Say::PairTokens, [&](const ExpertPair& one) { return nameOf(one); });
    m_share = pair + widest(Say::PairShare, [&](const ExpertPair& one) { return shareText(one.rate()); });
    m_times = m_share + widest(Say::PairTimesEven, [&](const ExpertPair& one) { return timesOf(one); });
    m_list = m_times + widest(Say::PairTokens, [&](const ExpertPair& one) { return countsOf(one); });
  }
  std::string nameOf(const ExpertPair& pair) const { return say(Say::PairOf, name(pair.from), name(pair.to)); }
  std::string timesOf(const ExpertPair& pair) const { return ratioText(pair.rate() / v.measured->byChance); }
  std::string countsOf(const ExpertPair& pair) const {
    return say(Say::PairCounts, countText(pair.both), countText(pair.of));
  }

  PairBlock block(int row, int column) const { return pairBlock(*v.measured, row * m_side, column * m_side, m_side); }

  // The scale ends at the highest share of experts with half the ideal load or more: one that a single token chose goes
  // with others always.
  void measure() {
    int64_t choices = 0;
    for (const int32_t n : v.measured->tokens) choices += n;
    const double least = 0.5 * static_cast<double>(choices) / v.experts;
    double most = v.measured->byChance, all = 0;
    for (int r = 0; r < m_cells; ++r) {
      double tokens = 0;
      const int first = r * m_side, last = std::min(first + m_side, v.experts);
      for (int e = first; e < last; ++e) tokens += v.measured->tokens[static_cast<size_t>(e)];
      for (int c = 0; c < m_cells; ++c) {
        const PairBlock one = block(r, c);
        if (one.of == 0) continue;
        all = std::max(all, one.rate());
        if (tokens >= least * (last - first)) most = std::max(most, one.rate());
      }
    }
    const double unit = most > 0.1 ? 0.1 : 0.01;
    m_high = std::min(1.0, std::ceil(most / unit - 1e-9) * unit);
    m_clipped = all > m_high + 1e-9;
  }

  void cell(int row, int column) {
    const PairBlock one = block(row, column);
    const Rect r{x(column), y(row), x(column + 1) - x(column) - gap(), y(row + 1) - y(row) - gap()};
    const SceneId id = p.id(Element::Pair, -1, m_side, one.firstRow, column);
    p.scene.setId(id);
    if (one.of == 0) {  // no token, or an expert with itself: nothing to be asked
      p.scene.area(r);
      if (r.height >= 5) p.scene.fill({std::floor(r.centreX()), std::floor(r.centreY()), 2, 2}, p.theme.line2);
    } else {
      const Colour ground = p.theme.sequentialAt(one.rate() / m_high);
      p.scene.fill(r, ground);
      const std::string digits = fmt::format("{:.0f}", 100 * one.rate());
      if (r.height >= p.u(13) && r.width >= p.widthOf("100", p.numbers()) + p.u(4)) {
        p.text(r.centreX(), r.centreY(), digits, p.numbers(), p.theme.inkOn(ground), Scene::Align::Centre);
      }
    }
    if (p.hovered(id)) p.scene.outline(r, p.theme.fg1);
    p.scene.setId(0);
  }

  bool isChosen(int expert) const {
    return std::find(v.chosenNow.begin(), v.chosenNow.end(), expert) != v.chosenNow.end();
  }
  Colour inkOf(int expert) const {
    return expert == v.cursorExpert ? p.theme.accentText : isChosen(expert) ? p.theme.fg1 : p.theme.fg3;
  }

  // The cursor's, the chosen, then all or every 8th, as far as none touches another.
  void labels() {
    std::vector<int> order{v.cursorExpert};
    order.insert(order.end(), v.chosenNow.begin(), v.chosenNow.end());
    for (int cell = 0; cell < m_cells; cell += 8) order.push_back(cell * m_side);
    for (int cell = 0; cell < m_cells; ++cell) order.push_back(cell * m_side);
    const bool allRows = m_height >= p.u(11), allColumns = m_width >= p.widthOf(name(0), p.numbers()) + p.u(4);
    const size_t round = order.size() - static_cast<size_t>(m_cells);
    std::vector<float> rows, columns;
    for (size_t i = 0; i < order.size(); ++i) {
      const int expert = order[i], at = expert / m_side;
      const TextStyle style = p.numbers(expert == v.cursorExpert ? 500 : 400);
      if (i < round || allRows) {
        const float half = p.u(kRowMin) / 2, low = y(m_cells) - half;
        place(rows, std::clamp((y(at) + y(at + 1)) / 2, m_top + half, std::max(m_top + half, low)), p.u(kRowMin),
              [&](float centre) { label(p.pad(), centre, expert, style, Scene::Align::Left); });
      }
      if (i < round || allColumns) {
        const float need = p.widthOf(name(expert), style) + p.u(4);
        const float right = p.width - p.pad() - need / 2;
        place(columns, std::clamp((x(at) + x(at + 1)) / 2, m_left, std::max(m_left, right)), need,
              [&](float centre) { label(centre, m_top - p.u(kHead) / 2, expert, style, Scene::Align::Centre); });
      }
    }
  }
  std::string name(int expert) const { return expertLabel(expert, v.experts); }
  void label(float left, float centre, int expert, const TextStyle& style, Scene::Align align) {
    p.scene.setId(p.id(Element::ExpertRow, -1, -1, expert));
    p.text(left, centre, name(expert), style, inkOf(expert), align);
    p.scene.setId(0);
  }
  template <class Draw>
  static void place(std::vector<float>& taken, float centre, float need, Draw draw) {
    for (const float other : taken) {
      if (std::abs(other - centre) < need) return;
    }
    taken.push_back(centre);
    draw(centre);
  }

  void list(float left) {
    const float right = p.width - p.pad(), gap = p.u(kGap), width = m_list;
    const auto columns = std::max(1, static_cast<int>((right - left + gap) / (width + gap)));
    const float bottom = p.height - p.u(kFooterHeight);
    const auto rows = std::max(1, static_cast<int>((bottom - m_top) / p.u(kListLine)));
    size_t next = 0;
    for (int c = 0; c < columns && next < v.measured->strongest.size(); ++c) {
      const float at = std::floor(left + (width + gap) * static_cast<float>(c));
      heads(at, width, c == 0);
      for (int r = 0; r < rows && next < v.measured->strongest.size(); ++r) {
        one(v.measured->strongest[next++], at, m_top + p.u(kListLine) * (static_cast<float>(r) + 0.5f), width);
      }
    }
  }

  void heads(float left, float width, bool first) {
    const float centre = m_top - p.u(kHead) / 2;
    if (first)
      p.fitted(left, centre, m_share - p.widthOf(say(Say::PairShare), p.words()) - p.u(8), say(Say::PairsHead),
               p.words(kSizeNumber, 600), p.theme.fg1);
    p.text(left + m_share, centre, say(Say::PairShare), p.words(), p.theme.fg3, Scene::Align::Right);
    p.text(left + m_times, centre, say(Say::PairTimesEven), p.words(), p.theme.fg3, Scene::Align::Right);
    p.text(left + width, centre, say(Say::PairTokens), p.words(), p.theme.fg3, Scene::Align::Right);
  }

  void one(const ExpertPair& pair, float left, float centre, float width) {
    constexpr int kMostValue = 510;
    const SceneId id = pair.to <= kMostValue ? p.id(Element::Pair, -1, 1, pair.from, pair.to) : 0;
    const float high = p.u(kListLine);
    const Rect band{left - p.u(4), std::floor(centre - high / 2), width + p.u(8), high};
    p.scene.setId(id);
    if (p.hovered(id)) {
      p.scene.fill(band, p.theme.bg3);
    } else {
      p.scene.area(band);
    }
    p.scene.setId(0);
    p.text(left, centre, nameOf(pair), p.numbers(), p.theme.fg1);
    p.text(left + m_share, centre, shareText(pair.rate()), p.numbers(500), p.theme.fg1, Scene::Align::Right);
    p.text(left + m_times, centre, timesOf(pair), p.numbers(), p.theme.fg2, Scene::Align::Right);
    p.text(left + width, centre, countsOf(pair), p.numbers(), p.theme.fg2, Scene::Align::Right);
  }

  Panel& p;
  const CoactivationView& v;
  const Phrases& say;
  float m_top = 0, m_left = 0, m_footer = 0;
  float m_height = 0, m_width = 0;             // of a cell
  float m_share = 0, m_times = 0, m_list = 0;  // right edges of a row of the list
  int m_side = 0, m_cells = 0;                 // experts and cells a side
  double m_high = 1;
  bool m_clipped = false, m_listed = false;
};

}  // namespace

Scene makeCoactivationScene(const CoactivationView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Coactivation, view.panel, size, look, view.description);
  Panel panel(Instrument::Coactivation, size, look);
  const float top = panel.titleBar(view.panel);
  if (view.measured) CoactivationPainter(panel, view, top).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
