#include "ui/instruments/router_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/band.h"
#include "ui/instruments/text_fit.h"
#include "ui/numbers.h"

namespace ui {
namespace {

double d(float v) { return static_cast<double>(v); }

// Left edges and widths of the columns; a width of 0: there is no room for it. Bars and ranges share what is left over.
struct Columns {
  float label = 0, range = 0, rangeWidth = 0, logitRight = 0;
  float score = 0, scoreWidth = 0, scoreRight = 0;
  float selection = 0, selectionWidth = 0, selectionRight = 0;
  float rank = 0, weight = 0, weightWidth = 0, weightRight = 0;
};

Columns columnsFor(const Panel& p, const RouterView& view) {
  const bool second = !view.equalSelection || p.width >= p.u(700);
  const float labels = expertLabelWidth(p, view.experts), logit = p.u(47), number = p.u(44), gap = p.u(15);
  const float rank = p.u(43), weightNumber = p.u(40);
  bool range = true, weightBar = true, bars = true;
  float fixed = 0, free = 0;
  const auto measure = [&] {
    fixed = p.pad() + labels + logit + gap + number + (second ? p.u(23) + number : 0.0f) + p.u(17) + rank +
            weightNumber + p.pad();
    free = p.width - fixed;
    return free;
  };
  measure();
  if (free < p.u(60)) weightBar = false;
  if (free < p.u(40)) range = false;
  if (free < p.u(16)) bars = false;
  const float shares = (range ? 59.0f : 0) + (bars ? (second ? 142.0f : 71.0f) : 0) + (weightBar ? 40.0f : 0);
  const float unit = shares > 0 ? std::max(0.0f, free) / shares : 0;
  Columns c;
  c.label = p.pad();
  float x = c.label + labels;
  c.range = std::floor(x);
  c.rangeWidth = range ? std::floor(59 * unit) : 0;
  c.logitRight = x + c.rangeWidth + logit;
  x = c.logitRight + gap;
  c.score = std::floor(x);
  c.scoreWidth = bars ? std::floor(71 * unit) : 0;
  c.scoreRight = c.score + c.scoreWidth + number;
  x = c.scoreRight;
  if (second) {
    c.selection = std::floor(x + p.u(23));
    c.selectionWidth = bars ? std::floor(71 * unit) : 0;
    c.selectionRight = c.selection + c.selectionWidth + number;
    x = c.selectionRight;
  }
  c.rank = std::floor(x + p.u(17));
  c.weight = c.rank + rank;
  c.weightWidth = weightBar ? std::floor(40 * unit) : 0;
  c.weightRight = p.width - p.pad();
  return c;
}

class RouterPainter {
 public:
  RouterPainter(Panel& panel, const RouterView& view) : p(panel), v(view), c(columnsFor(panel, view)) {
    state.experts = v.experts;
    state.cursorExpert = v.cursorExpert;
    state.expertOfRow = v.byScore ? v.order : std::vector<int>{};
    for (int rank = 0; rank < v.experts; ++rank) {
      for (const RouterRow& row : v.rows) {
        if (row.rank == rank) state.chosen.push_back(row.expert);
      }
      if (static_cast<int>(state.chosen.size()) == v.chosen) break;
    }
    int cursorRow = v.cursorExpert;
    for (size_t row = 0; row < state.expertOfRow.size(); ++row) {
      if (state.expertOfRow[row] == v.cursorExpert) cursorRow = static_cast<int>(row);
    }
    rows = bandRows(v.experts, p.height, p.theme.textScale, cursorRow, p.look.ownLabels);
  }

  void paint() {
    paintBandRows(p, rows, state, true);
    heads();
    for (int row = rows.first; row < rows.first + rows.count; ++row) {
      one(v.rows[static_cast<size_t>(state.expert(row))], row);
    }
    rules();
    paintExpertLabels(p, rows, state, c.label);
    footer(paintOutOfView(p, rows, state, c.label));
  }

 private:
  float barHeight() const { return std::max(1.0f, std::floor(rows.height * 0.5f)); }
  float high() const { return v.hasScores ? v.scoreHigh : 1.0f; }

  void heads() {
    const float y = rows.top - p.u(kHeadHeight) / 2 - 1;
    const auto& say = p.look.say;
    const auto head = [&](float x, float right, std::initializer_list<std::string> texts) {
      p.firstThatFits(x, y, right - x - 4, texts, p.words(), p.theme.fg3);
    };
    const std::string range =
        say(Say::RawLogitRange, shortText(std::floor(d(v.logitLow))), shortText(std::ceil(d(v.logitHigh))));
    if (c.rangeWidth > p.u(100)) {
      head(c.range, c.logitRight, {range, say(Say::RawLogit)});
    } else {
      head(c.range, c.score, {say(Say::RawLogit)});
    }
    const bool one = c.selection == 0;
    const std::string both = say(v.hasScores ? Say::ScoreIsSelection : Say::SelectionIsLogit);
    if (one) {
      head(c.score, c.rank, {both, say(Say::Score)});
    } else {
      head(c.score, c.selection, {say(Say::Score)});
      const std::string same = say(v.hasScores ? Say::SelectionAsScore : Say::SelectionAsLogit);
      head(c.selection, c.rank, {v.equalSelection ? same : say(Say::Selection), say(Say::Selection)});
    }
    head(c.rank, c.weight, {say(Say::Rank)});
    p.firstThatFits(c.weight, y, p.width - 4 - c.weight, {say(Say::AppliedWeight), say(Say::WeightWord)}, p.words(),
                    p.theme.fg3);
  }

  void logit(const RouterRow& row, float centre, Colour mark, Colour ink) {
    const bool text = rows.labelled;
    if (c.rangeWidth > 0) {
      const float span = v.logitHigh - v.logitLow;
      const float margin = p.u(3);
      const float part = span > 0 && std::isfinite(row.logit) ? (row.logit - v.logitLow) / span : 0.5f;
      if (text) p.scene.fill({c.range, centre - 0.5f, c.rangeWidth, 1}, p.theme.line);
      const float side = text ? p.u(6) : std::min(4.0f, std::max(2.0f, rows.height - 1));
      const float x = c.range + (c.rangeWidth - 2 * margin) * part + margin;
      if (std::isfinite(row.logit))
        p.scene.fill({std::floor(x - side / 2), std::floor(centre - side / 2 + 0.5f), side, side}, mark);
    }
    if (text) p.text(c.logitRight, centre, signedText(d(row.logit)), p.numbers(), ink, Scene::Align::Right);
  }

  void bar(float x, float width, float value, float full, float centre, Colour colour, bool outlined) {
    if (width <= 0 || !(value > 0) || !(full > 0)) return;
    const float h = barHeight();
    const Rect r{x, std::floor(centre - h / 2 + 0.5f), std::max(1.0f, width * std::min(1.0f, value / full)), h};
    if (outlined && r.width > 2 && h > 2) {
      p.scene.outline(r, colour);
    } else {
      p.scene.fill(r, colour);
    }
  }

  void one(const RouterRow& row, int number) {
    const float centre = rows.centre(number);
    const bool is = row.rank >= 0, strong = is || row.next || row.expert == v.cursorExpert;
    const Colour mark = is ? p.theme.rankColour(row.rank) : p.theme.residual;
    const Colour ink = strong ? p.theme.fg1 : p.theme.fg2;
    p.scene.setId(p.id(Element::ExpertRow, v.token, v.layer, row.expert));
    logit(row, centre, mark, ink);
    bar(c.score, c.scoreWidth, row.score, high(), centre, mark, false);
    if (rows.labelled && v.hasScores) {
      p.text(c.scoreRight, centre, scoreText(d(row.score)), p.numbers(), ink, Scene::Align::Right);
    }
    if (c.selection > 0) selection(row, centre, mark, ink);
    rank(row, centre);
    p.scene.setId(0);
  }

  void selection(const RouterRow& row, float centre, Colour mark, Colour ink) {
    const float low = v.hasScores ? std::min(0.0f, v.selectionLow) : v.selectionLow;
    if (std::isfinite(row.selection)) {
      bar(c.selection, c.selectionWidth, row.selection - low, v.selectionHigh - low, centre, mark, true);
    }
    if (!rows.labelled) return;
    const std::string text = !std::isfinite(row.selection) ? p.look.say(Say::Masked)
                             : v.hasScores                 ? scoreText(d(row.selection))
                                                           : signedText(d(row.selection));
    p.text(c.selectionRight, centre, text, std::isfinite(row.selection) ? p.numbers() : p.words(),
           std::isfinite(row.selection) ? ink : p.theme.fg3, Scene::Align::Right);
  }

  void rank(const RouterRow& row, float centre) {
    const float box = std::min(p.u(14), rows.labelled ? rows.height - 3 : std::max(2.0f, rows.height));
    const bool gone = row.rank < 0 && row.recordedRank >= 0;
    if (gone) runAlone(row, centre, box);
    if (row.next && rows.labelled) {
      p.fitted(c.rank + (gone ? box + p.u(4) : 0), centre, c.weight - c.rank, p.look.say(Say::Next), p.words(),
               p.theme.fg2);
    }
    if (row.rank < 0) return;
    if (v.beside && row.recordedRank < 0 && !row.dropped && rows.labelled) {
      p.fitted(c.rank + box + p.u(4), centre, c.weight - c.rank - box - p.u(4), p.look.say(Say::ReplayAlone), p.words(),
               p.theme.fg1);
    }
    const Colour fill = p.theme.rankColour(row.rank);
    const float side = std::min(p.u(14), rows.labelled ? rows.height - 3 : std::max(2.0f, rows.height));
    p.rankSquare({c.rank, std::floor(centre - side / 2 + 0.5f), side, side}, row.rank, row.dropped, fill);
    if (row.dropped && rows.labelled) p.cross(c.rank + side + p.u(9), centre, p.u(7), p.theme.dropped);
    if (c.weightWidth > 0 && row.weight > 0 && v.weightHigh > 0) {
      const float h = barHeight();
      const float full = std::max(v.weightHigh, v.hasScores ? v.scoreHigh : 0.0f);
      const Rect r{c.weight, std::floor(centre - h / 2 + 0.5f), std::max(2.0f, c.weightWidth * row.weight / full), h};
      if (row.dropped) {
        p.hatchedBox(r, p.theme.dropped);
      } else {
        p.scene.fill(r, fill);
      }
    }
    if (rows.labelled) {
      p.text(c.weightRight, centre, scoreText(d(row.weight)), p.numbers(), row.dropped ? p.theme.dropped : p.theme.fg1,
             Scene::Align::Right);
    }
  }

  // The run chose it, the replay does not: its rank, hollow.
  void runAlone(const RouterRow& row, float centre, float side) {
    const Rect square{c.rank, std::floor(centre - side / 2 + 0.5f), side, side};
    p.scene.outline(square, p.theme.fg2);
    if (rows.labelled) {
      p.text(square.centreX(), centre, fmt::format("{}", row.recordedRank + 1), p.numbers(), p.theme.fg2,
             Scene::Align::Centre);
    }
  }

  void rules() {
    const float top = rows.top - 3, bottom = rows.bottom() + 1;
    if (c.rangeWidth > 0) {
      p.scene.line({c.range, top}, {c.range, bottom}, p.theme.line);
      p.scene.line({c.range + c.rangeWidth, top}, {c.range + c.rangeWidth, bottom}, p.theme.line);
    }
    if (c.scoreWidth > 0 && v.hasScores && v.scoreHigh > 0) {
      const auto at = [&](double score) {
        return std::floor(c.score + c.scoreWidth * static_cast<float>(std::min(1.0, score / d(v.scoreHigh))));
      };
      if (!std::isnan(v.uniform))
        p.scene.line({at(v.uniform), top}, {at(v.uniform), bottom}, p.theme.fg3, 1, Dash::Dots23);
      if (v.equalSelection && std::isfinite(v.kth))
        p.scene.line({at(d(v.kth)), top}, {at(d(v.kth)), bottom}, p.theme.fg2);
    }
    if (c.selection > 0 && c.selectionWidth > 0 && std::isfinite(v.kth)) {
      const float low = v.hasScores ? std::min(0.0f, v.selectionLow) : v.selectionLow;
      const float span = v.selectionHigh - low;
      const float x = std::floor(c.selection + (span > 0 ? c.selectionWidth * (v.kth - low) / span : 0));
      p.scene.line({x, top}, {x, bottom}, p.theme.fg2);
    }
  }

  void footer(float x) {
    const float centre = rows.footer;
    const auto& say = p.look.say;
    if (v.lastChosen < 0) return;
    if (v.firstNot < 0) {
      p.fitted(x, centre, p.width - p.pad() - x, say(Say::AllChosen), p.words(), p.theme.fg2);
      return;
    }
    const std::string margin = scoreText(d(v.margin));
    const float need = p.widthOf(say(Say::Margin), p.words()) + p.widthOf(margin, p.numbers(500)) + p.u(4);
    if (x + need > p.width - p.pad()) return;
    x = p.text(x, centre, say(Say::Margin), p.words(), p.theme.fg2).right() + p.u(4);
    x = p.text(x, centre, margin, p.numbers(500), p.theme.fg1).right() + p.u(7);
    const std::string over = say(Say::Over, expertLabel(v.lastChosen, v.experts), expertLabel(v.firstNot, v.experts));
    x = p.fitted(x, centre, p.width - p.pad() - x, over, p.words(), p.theme.fg2).right() + p.u(8);
    if (v.close) {
      const float w = p.widthOf(say(Say::Close), p.words()) + p.u(14), h = p.u(15);
      if (x + w <= p.width - p.pad()) {
        p.scene.outline({std::floor(x), std::floor(centre - h / 2), std::floor(w), h}, p.theme.fg2);
        p.text(std::floor(x) + std::floor(w) / 2, centre, say(Say::Close), p.words(), p.theme.fg1,
               Scene::Align::Centre);
        x += w + p.u(8);
      }
    }
    legend(x, centre);
  }

  // What the two lines mean, from the right; uniform goes first where there is no room.
  void legend(float left, float centre) {
    const auto& say = p.look.say;
    const float h = p.u(13);
    const std::string kth = fmt::format("{} {}", ordinalNumber(say, static_cast<int>(state.chosen.size())),
                                        v.hasScores ? scoreText(d(v.kth)) : signedText(d(v.kth)));
    float x = p.width - p.pad() - p.widthOf(kth, p.words());
    if (x - p.u(7) < left) return;
    p.text(x, centre, kth, p.words(), p.theme.fg2);
    p.scene.line({std::floor(x - p.u(7)), centre - h / 2}, {std::floor(x - p.u(7)), centre + h / 2}, p.theme.fg2);
    if (std::isnan(v.uniform)) return;
    const std::string uniform = fmt::format("{} {}", say(Say::Uniform), scoreText(v.uniform));
    x -= p.u(7 + 12) + p.widthOf(uniform, p.words());
    if (x - p.u(8) < left) return;
    p.text(x, centre, uniform, p.words(), p.theme.fg3);
    p.scene.line({std::floor(x - p.u(8)), centre - h / 2}, {std::floor(x - p.u(8)), centre + h / 2}, p.theme.fg3, 1,
                 Dash::Dots23);
  }

  Panel& p;
  const RouterView& v;
  Columns c;
  BandState state;
  BandRows rows;
};

}  // namespace

Scene makeRouterScene(const RouterView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Router, view.panel, size, look, view.description);
  Panel panel(Instrument::Router, size, look);
  RouterPainter(panel, view).paint();
  panel.titleBar(view.panel);
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
