#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "ui/instruments/compare_parts.h"
#include "ui/numbers.h"

namespace ui {
namespace {

double d(float v) { return static_cast<double>(v); }

Rect titleOf(Panel& p, const Rect& area, const std::string& title, const std::string& subtitle) {
  const float y = area.y + p.u(15), left = area.x + p.pad();
  const Rect box = p.text(left, y, title, p.words(kSizeWord, 600), p.theme.fg1);
  p.fitted(box.right() + p.u(8), y, area.right() - p.pad() - box.right() - p.u(8), subtitle, p.words(), p.theme.fg3);
  return box;
}

// By expert, 1: its row has its words. Where rows are too low for all of them, the one at the cursor and the chosen
// ones have theirs, as far as they stand `apart` pixels from each other.
std::vector<uint8_t> rowsWithWords(const CompareView& v, float row, float apart) {
  std::vector<uint8_t> worded(static_cast<size_t>(v.experts), apart <= 0 ? 1 : 0);
  std::vector<int> placed;
  const auto place = [&](int e) {
    const auto touches = [&](int other) { return row * static_cast<float>(std::abs(other - e)) < apart; };
    if (std::any_of(placed.begin(), placed.end(), touches)) return;
    placed.push_back(e);
    worded[static_cast<size_t>(e)] = 1;
  };
  if (v.routerA.cursorExpert >= 0 && v.routerA.cursorExpert < v.experts) place(v.routerA.cursorExpert);
  for (int e = 0; e < v.experts; ++e) {
    const auto i = static_cast<size_t>(e);
    if (v.routerA.rows[i].rank >= 0 || v.routerB.rows[i].rank >= 0) place(e);
  }
  return worded;
}

}  // namespace

void paintButterfly(Panel& p, const CompareView& v, const Rect& area) {
  const auto& say = p.look.say;
  if (v.routerA.panel.notice || v.routerB.panel.notice) {
    titleOf(p, area, say(Say::RouterTitle), "");
    const Notice& notice = v.routerA.panel.notice ? *v.routerA.panel.notice : *v.routerB.panel.notice;
    p.notice({notice.heading, notice.sentence, {}}, area.x, area.right(), area.y + p.u(30), area.bottom());
    return;
  }
  titleOf(p, area, say(Say::RouterTitle),
          say(Say::CompareRouterSub, layerLabel(v.layer), v.routerA.token, v.routerB.token));
  const float head = area.y + p.u(38), top = area.y + p.u(49), bottom = area.bottom() - p.u(26);
  const float row = std::min(p.u(20), (bottom - top) / static_cast<float>(std::max(1, v.experts)));
  const bool readable = row >= p.u(kRowMin);
  // From the left: rank, number A, bar A growing to the left, label, bar B, number B, rank, difference.
  const float rank = p.u(22), number = p.u(42), label = p.u(48);
  const float delta = area.width >= p.u(520) ? p.u(56) : 0, deltaBar = delta > 0 ? area.width * 0.17f : 0;
  const float bars = (area.width - 2 * p.pad() - 2 * rank - 2 * number - label - delta - deltaBar - p.u(20)) / 2;
  if (bars < 10) return;
  const float numberA = area.x + p.pad() + rank + number, barA = numberA + p.u(8) + bars;
  const float labelX = barA + label / 2, barB = barA + label, numberB = barB + bars + number;
  const float rankB = numberB + p.u(8), right = area.right() - p.pad();
  const float zero = std::floor(right - delta - deltaBar / 2);
  p.text(barA, head, say(Say::RunA), p.words(kSizeNumber, 600), p.theme.fg2, Scene::Align::Right);
  p.text(barB, head, say(Say::RunB), p.words(kSizeNumber, 600), p.theme.fg2);
  if (delta > 0) p.text(right, head, say(Say::BMinusA), p.words(), p.theme.fg3, Scene::Align::Right);
  // What the numbers round to zero draws no bar, and small differences stay small.
  constexpr float kRounds = 0.0005f;
  float high = 0, most = 10 * kRounds;
  for (int e = 0; e < v.experts; ++e) {
    const auto i = static_cast<size_t>(e);
    high = std::max({high, v.routerA.rows[i].score, v.routerB.rows[i].score});
    most = std::max(most, std::abs(v.routerB.rows[i].score - v.routerA.rows[i].score));
  }
  const std::vector<uint8_t> worded = rowsWithWords(v, row, readable ? 0 : p.u(12));
  for (int e = 0; e < v.experts; ++e) {
    const RouterRow &a = v.routerA.rows[static_cast<size_t>(e)], &b = v.routerB.rows[static_cast<size_t>(e)];
    const float y = top + row * static_cast<float>(e), centre = y + row / 2,
                h = std::max(1.0f, std::floor(row * 0.45f));
    const bool is = a.rank >= 0 || b.rank >= 0, here = e == v.routerA.cursorExpert;
    p.scene.setId(p.id(Element::ExpertRow, -1, v.layer, e));
    const Rect band{area.x, y, area.width, row};
    if (p.look.hover.element().expert == e) {
      p.scene.fill(band, p.theme.bg3);
    } else if (here || is) {
      p.scene.fill(band, here ? p.theme.sel : p.theme.bg2);
    } else {
      p.scene.area(band);
    }
    const float barY = std::floor(centre - h / 2 + 0.5f);
    const auto colour = [&](const RouterRow& r) { return r.rank >= 0 ? p.theme.rankColour(r.rank) : p.theme.residual; };
    if (high > 0 && a.score > 0) {
      const float w = std::max(1.0f, bars * a.score / high);
      p.scene.fill({barA - w, barY, w, h}, colour(a));
    }
    if (high > 0 && b.score > 0) p.scene.fill({barB, barY, std::max(1.0f, bars * b.score / high), h}, colour(b));
    const float diff = b.score - a.score;
    if (deltaBar > 0 && std::isfinite(diff) && std::abs(diff) >= kRounds) {
      const float w = deltaBar * 0.45f * std::abs(diff) / most;
      const Colour c = diff < 0 ? p.theme.diverging[1] : p.theme.diverging[7];
      if (w >= 0.5f) p.scene.fill({diff < 0 ? zero - w : zero + 1, barY, std::max(1.0f, w), h}, c);
    }
    const float side = std::min(p.u(13), row - 2);
    if (side >= 4) {
      if (a.rank >= 0)
        p.rankSquare({area.x + p.pad(), std::floor(centre - side / 2), side, side}, a.rank, a.dropped, colour(a));
      if (b.rank >= 0) p.rankSquare({rankB, std::floor(centre - side / 2), side, side}, b.rank, b.dropped, colour(b));
    }
    if (worded[static_cast<size_t>(e)]) {
      const Colour ink = is || here ? p.theme.fg1 : p.theme.fg2;
      p.text(labelX, centre, expertLabel(e, v.experts), p.numbers(is ? 500 : 400),
             here ? p.theme.accentText
             : is ? p.theme.fg1
                  : p.theme.fg3,
             Scene::Align::Centre);
      p.text(numberA, centre, scoreText(d(a.score)), p.numbers(), ink, Scene::Align::Right);
      p.text(numberB, centre, scoreText(d(b.score)), p.numbers(), ink, Scene::Align::Right);
      if (delta > 0) p.text(right, centre, signedScoreText(d(diff)), p.numbers(), p.theme.fg2, Scene::Align::Right);
    }
    p.scene.setId(0);
  }
  if (deltaBar > 0) p.scene.fill({zero, top - 2, 1, row * static_cast<float>(v.experts) + 4}, p.theme.line2);
  const float foot = std::min(area.bottom() - p.u(13), top + row * static_cast<float>(v.experts) + p.u(14));
  float x = area.x + p.pad();
  if (!std::isnan(v.jensenShannon)) {
    x = p.text(x, foot, say(Say::JensenShannon), p.words(), p.theme.fg2).right() + p.u(4);
    x = p.text(x, foot, fourText(v.jensenShannon), p.numbers(500), p.theme.fg1).right() + p.u(4);
    x = p.text(x, foot, say(Say::Nats), p.words(), p.theme.fg2).right() + p.u(14);
  }
  if (v.anyDropped) p.fitted(x, foot, right - x, say(Say::OutlinedRank), p.words(), p.theme.fg3);
}

void paintPairedPredictions(Panel& p, const CompareView& v, const Rect& area) {
  const auto& say = p.look.say;
  titleOf(p, area, say(Say::PredictionTitle), say(Say::ComparePredictionSub));
  if (v.candidates.empty()) return;
  const float head = area.y + p.u(38), top = area.y + p.u(49), bottom = area.bottom() - p.u(8);
  const float least = p.u(17);
  const size_t fit = std::min(v.candidates.size(), static_cast<size_t>(std::max(1.0f, (bottom - top) / least)));
  const float row = std::min(p.u(28), (bottom - top) / static_cast<float>(fit));
  const float left = area.x + p.pad(), right = area.right() - p.pad(), number = p.u(58);
  const float bar = left + std::min(p.u(100), area.width * 0.22f), barEnd = right - 2 * number - p.u(8);
  if (barEnd - bar < 10) return;
  p.fitted(bar, head, barEnd - bar, say(Say::FilledOutlined), p.words(), p.theme.fg3);
  p.text(right - number - p.u(10), head, say(Say::RunA), p.words(kSizeNumber, 600), p.theme.fg2, Scene::Align::Right);
  p.text(right, head, say(Say::RunB), p.words(kSizeNumber, 600), p.theme.fg2, Scene::Align::Right);
  double high = 0;
  for (const ComparedCandidate& c : v.candidates) high = std::max({high, c.aBelow ? 0 : c.a, c.bBelow ? 0 : c.b});
  for (size_t i = 0; i < fit; ++i) {
    const ComparedCandidate& c = v.candidates[i];
    const float y = top + row * static_cast<float>(i), centre = y + row / 2;
    float at = left;
    const TextStyle style = p.tokens(kSizeWord);
    if (!c.text.dots.empty()) at = p.text(at, centre, c.text.dots, style, p.theme.fg3).right();
    if (!c.text.rest.empty()) p.fitted(at, centre, bar - p.u(8) - at, c.text.rest, style, p.theme.fg1);
    const float h = std::max(3.0f, std::floor(row * 0.3f));
    const auto width = [&](double value) { return std::max(2.0f, (barEnd - bar) * static_cast<float>(value / high)); };
    if (!c.aBelow && high > 0) p.scene.fill({bar, std::floor(centre - h), width(c.a), h}, p.theme.fg2);
    if (!c.bBelow && high > 0) p.scene.outline({bar, std::floor(centre + 1), width(c.b), h}, p.theme.fg2);
    const auto probability = [&](float x, double value, bool below) {
      const std::string text = scoreText(value);
      p.text(x, centre, below ? say(Say::LessThan, text) : text, p.numbers(), below ? p.theme.fg3 : p.theme.fg1,
             Scene::Align::Right);
    };
    probability(right - number - p.u(10), c.a, c.aBelow);
    probability(right, c.b, c.bBelow);
  }
}

}  // namespace ui
