#include <algorithm>
#include <cmath>

#include "ui/instruments/compare_parts.h"
#include "ui/numbers.h"

namespace ui {
namespace {

constexpr Say kLetters[] = {Say::RunA, Say::RunB};

TokenText textOf(const CompareView& v, int side, const AlignedPair& pair) {
  const int token = side == 0 ? pair.a : pair.b;
  return visibleToken((side == 0 ? v.a : v.b).trace.texts()[static_cast<size_t>(token)]);
}

bool differs(const CompareView& v, const AlignedPair& pair) {
  return pair.a < 0 || pair.b < 0 ||
         v.a.trace.ids()[static_cast<size_t>(pair.a)] != v.b.trace.ids()[static_cast<size_t>(pair.b)];
}

}  // namespace

void paintComparedStrips(Panel& p, const CompareView& v, float top, int rows, float pairHeight) {
  const float left = p.pad() + p.u(40), right = p.width - p.pad(), line = p.u(18);
  const TextStyle style = p.tokens(kSizeWord), bold = p.tokens(kSizeWord, 600);
  const auto widthOfPair = [&](size_t c) {
    const AlignedPair& pair = v.pairs[c];
    float w = p.u(10);
    for (int side = 0; side < 2; ++side) {
      if ((side == 0 ? pair.a : pair.b) >= 0) {
        w = std::max(w, p.widthOf(textOf(v, side, pair).whole(), static_cast<int>(c) == v.column ? bold : style));
      }
    }
    return std::min(w, (right - left) * 0.4f) + p.u(7);
  };
  // A page of columns around the cursor: start so that it stands in the middle of the rows.
  const float half = (right - left) * static_cast<float>(rows) * 0.45f;
  size_t first = static_cast<size_t>(std::max(0, v.column));
  for (float used = 0; first > 0 && used < half; --first) used += widthOfPair(first - 1);
  if (v.column < 4) first = 0;
  const auto letters = [&](int row) {
    for (int side = 0; side < 2; ++side) {
      p.text(p.pad() + p.u(14), top + pairHeight * static_cast<float>(row) + line * (static_cast<float>(side) + 0.5f),
             p.look.say(kLetters[side]), p.words(kSizeNumber, 600), p.theme.fg2);
    }
  };
  letters(0);
  float x = left;
  int row = 0;
  for (size_t c = first; c < v.pairs.size(); ++c) {
    const float w = widthOfPair(c);
    if (x > left && x + w > right) {
      if (++row == rows) return;
      letters(row);
      x = left;
    }
    const AlignedPair& pair = v.pairs[c];
    const bool here = static_cast<int>(c) == v.column, other = differs(v, pair);
    const float y = top + pairHeight * static_cast<float>(row);
    if (pair.a >= 0) {
      p.scene.setId(p.id(Element::Token, pair.a));
      p.scene.area({x, y, w, 2 * line});
    }
    if (here) {
      p.scene.fill({x, y - 1, w, 2 * line + 2}, p.theme.accentFill);
      if (!p.theme.dark) p.scene.outline({x, y - 1, w, 2 * line + 2}, p.theme.fg1);
    }
    for (int side = 0; side < 2; ++side) {
      const float centre = y + line * (static_cast<float>(side) + 0.5f);
      if ((side == 0 ? pair.a : pair.b) < 0) {
        p.scene.fill({x, std::floor(centre), w, 1}, here ? p.theme.onAccent : p.theme.line2);
        continue;
      }
      if (other && !here) p.scene.fill({x + 0.5f, y + line * static_cast<float>(side), w - 1, line}, p.theme.bg3);
      const TokenText text = textOf(v, side, pair);
      const Colour ink = here ? p.theme.onAccent : other ? p.theme.fg1 : p.theme.fg2;
      float at = x + p.u(3);
      const TextStyle& s = here ? bold : style;
      if (!text.dots.empty()) at = p.text(at, centre, text.dots, s, here ? ink : p.theme.fg3).right();
      if (!text.rest.empty()) p.fitted(at, centre, x + w - 1 - at, text.rest, s, ink);
    }
    p.scene.setId(0);
    x += w;
  }
}

namespace {

// What stands to the right of the cells, a column each; where there is no room one says it in words.
struct AgreementColumn {
  std::string head;
  std::vector<std::string> numbers;  // (L)
  float right = 0;
};

std::vector<AgreementColumn> agreementColumns(const Panel& p, const CompareView& v) {
  const auto& say = p.look.say;
  std::vector<AgreementColumn> columns;
  const bool wide = p.width >= p.u(1000);
  if (!wide) {
    columns.push_back({"", {}});
  } else {
    for (const Say head : {Say::SaturationShort, Say::ByLoadsShort, Say::LoadDistanceShort, Say::DealtShort}) {
      columns.push_back({say(head), {}});
    }
  }
  for (int layer = 0; layer < v.layers; ++layer) {
    const auto at = static_cast<size_t>(layer);
    if (!wide) {
      columns[0].numbers.push_back(say(Say::Alike, wholeShareText(v.alike[at])));
      continue;
    }
    columns[0].numbers.push_back(wholeShareText(v.agreement[at].found.topK));
    columns[1].numbers.push_back(wholeShareText(v.agreement[at].shuffled.topK));
    columns[2].numbers.push_back(scoreText(v.loads[at].value));
    columns[3].numbers.push_back(scoreText(v.loads[at].shuffled));
  }
  float right = p.width - p.pad();
  for (auto column = columns.rbegin(); column != columns.rend(); ++column) {
    column->right = right;
    float width = p.widthOf(column->head, p.words());
    for (const std::string& number : column->numbers) width = std::max(width, p.widthOf(number, p.numbers()));
    right -= width + p.u(14);
  }
  return columns;
}

// Left of the first column.
float leftOf(const Panel& p, const std::vector<AgreementColumn>& columns) {
  float width = p.widthOf(columns.front().head, p.words());
  for (const std::string& number : columns.front().numbers) width = std::max(width, p.widthOf(number, p.words()));
  return columns.front().right - width - p.u(10);
}

}  // namespace

void paintSharedChoices(Panel& p, const CompareView& v, const Rect& area) {
  const auto& say = p.look.say;
  const float titleY = area.y + p.u(15);
  const std::vector<AgreementColumn> numbers = agreementColumns(p, v);
  const Rect title = p.text(p.pad(), titleY, say(Say::SharedChoicesTitle), p.words(kSizeWord, 600), p.theme.fg1);
  const float left = p.pad() + p.u(40), right = leftOf(p, numbers);
  const float titleEnd = numbers.size() > 1 ? right : p.width - p.pad();
  p.fitted(title.right() + p.u(8), titleY, titleEnd - title.right() - p.u(8), say(Say::SharedChoicesSub, v.chosen),
           p.words(), p.theme.fg3);
  for (const AgreementColumn& column : numbers) {
    if (!column.head.empty()) {
      p.text(column.right, area.y + p.u(24), column.head, p.words(), p.theme.fg3, Scene::Align::Right);
    }
  }
  const float top = area.y + p.u(34), bottom = area.bottom() - p.u(28);
  const auto columns = static_cast<int>(v.pairs.size());
  if (right - left < 20 || columns == 0 || v.layers == 0) return;
  const float row = (bottom - top) / static_cast<float>(v.layers);
  const float wish = std::min(p.u(24), (right - left) / static_cast<float>(columns));
  const float pitch = std::max(2.0f, wish);
  const int shown = std::min(columns, static_cast<int>((right - left) / pitch));
  const int first = std::clamp(v.column - shown / 2, 0, columns - shown);
  const auto x = [&](int c) { return std::floor(left + pitch * static_cast<float>(c - first)); };
  const float gap = pitch >= 5 && row >= 5 ? 1.0f : 0.0f;
  const Colour alike = p.theme.bg3;
  float labelFree = -100;
  for (int layer = 0; layer < v.layers; ++layer) {
    const float y = top + row * static_cast<float>(layer), centre = y + row / 2;
    const bool here = layer == v.layer;
    if (here || (centre - labelFree >= p.u(12) &&
                 std::abs(centre - (top + row * (static_cast<float>(v.layer) + 0.5f))) >= p.u(12))) {
      p.scene.setId(p.id(Element::LayerMark, -1, layer));
      p.text(p.pad() + p.u(14), centre, layerLabel(layer), p.numbers(here ? 500 : 400),
             here ? p.theme.accentText : p.theme.fg3);
      p.scene.setId(0);
      for (size_t i = 0; i < numbers.size(); ++i) {
        const bool chance = i % 2 == 1;
        p.text(numbers[i].right, centre, numbers[i].numbers[static_cast<size_t>(layer)],
               numbers.size() > 1 ? p.numbers() : p.words(), chance ? p.theme.fg3 : p.theme.fg2, Scene::Align::Right);
      }
      if (!here) labelFree = centre;
    }
    for (int c = first; c < first + shown; ++c) {
      const int8_t n = v.shared[static_cast<size_t>(layer)][static_cast<size_t>(c)];
      const Rect r{x(c), y, x(c + 1) - x(c) - gap, row - gap};
      const AlignedPair& pair = v.pairs[static_cast<size_t>(c)];
      if (n < 0) {
        p.scene.fill({x(c), std::floor(centre), x(c + 1) - x(c), 1}, p.theme.line2);
        continue;
      }
      if (pair.a >= 0) p.scene.setId(p.id(Element::Cell, pair.a, layer));
      const Colour ground = n == v.chosen ? alike : n > 0 ? p.theme.sequential[3] : p.theme.sequential[7];
      p.scene.fill(r, ground);
      if (n == 0 && r.width >= 4 && r.height >= 4) {
        p.scene.fill({std::floor(r.centreX()) - 1, std::floor(r.centreY()) - 1, 2, 2}, p.theme.inkOn(ground));
      }
      p.scene.setId(0);
    }
  }
  if (v.column >= first && v.column < first + shown) {
    const float y = top + row * static_cast<float>(v.layer);
    p.cursorBox({x(v.column), y, std::max(3.0f, x(v.column + 1) - x(v.column) - gap), std::max(3.0f, row - gap)});
  }
  float at = left;
  const float centre = area.bottom() - p.u(15), side = p.u(9);
  const auto legend = [&](const std::string& text, auto swatch) {
    if (at + side + p.u(6) + p.widthOf(text, p.words()) > p.width - p.pad()) return;
    swatch(Rect{std::floor(at), std::floor(centre - side / 2), side, side});
    at = p.text(at + side + p.u(6), centre, text, p.words(), p.theme.fg2).right() + p.u(14);
  };
  legend(say(v.chosen == 2 ? Say::BothTheSame : Say::AllTheSame), [&](const Rect& r) { p.scene.fill(r, alike); });
  if (v.chosen > 1) {
    legend(say(v.chosen == 2 ? Say::OneWord : Say::SomeWord),
           [&](const Rect& r) { p.scene.fill(r, p.theme.sequential[3]); });
  }
  legend(say(Say::NoneWord), [&](const Rect& r) {
    p.scene.fill(r, p.theme.sequential[7]);
    p.scene.fill({std::floor(r.centreX()) - 1, std::floor(r.centreY()) - 1, 2, 2},
                 p.theme.inkOn(p.theme.sequential[7]));
  });
  legend(say(Say::GapWord), [&](const Rect& r) {
    p.scene.fill({r.x, std::floor(r.centreY()), r.width, 1}, p.theme.line2);
  });
  if (p.width - p.pad() - at >= p.u(240) && !v.agreementSentence.empty()) {
    p.fitted(p.width - p.pad(), centre, p.width - p.pad() - at, v.agreementSentence, p.words(), p.theme.fg2,
             Scene::Align::Right);
  }
}

}  // namespace ui
