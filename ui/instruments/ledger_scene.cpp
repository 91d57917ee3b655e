#include "ui/instruments/ledger_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/axis.h"
#include "ui/instruments/panel.h"
#include "ui/numbers.h"

namespace ui {
namespace {

Colour partColour(const Theme& t, const LedgerRow& row) {
  switch (row.part) {
    case Part::Residual:
      return t.residual;
    case Part::Attention:
      return t.attention;
    case Part::Routed:
      return t.rankColour(row.rank);
    case Part::OtherRouted:
      return t.routed2;
    case Part::Shared:
      return t.shared;
    case Part::Dense:
      return t.residual;
    case Part::Remainder:
      return t.remainder;
  }
  return t.fg3;
}

void mark(Panel& p, const Rect& r, const LedgerRow& row) {
  if (row.part == Part::Remainder) {
    p.scene.outline(r, p.theme.remainder);
  } else if (row.dropped) {
    p.hatchedBox(r, p.theme.dropped);
  } else {
    p.scene.fill(r, partColour(p.theme, row));
  }
}

class LedgerPainter {
 public:
  LedgerPainter(Panel& panel, const LedgerView& view) : p(panel), v(view) {}

  void paint() {
    const float top = p.titleBar(v.panel);
    // The chart of all layers goes where the rows would be left with less than their columns need.
    const float rowsNeed = p.u(330);
    const float chart = std::min(p.width * 0.27f, p.u(300));
    if (p.width - chart >= rowsNeed && p.height >= p.u(120)) {
      layers(p.pad(), chart + 10, top);
      m_left = std::floor(chart + 26);
      p.scene.fill({std::floor(chart + 10), top + p.u(6), 1, p.height - top - p.u(14)}, p.theme.line);
    } else {
      m_left = p.pad();
    }
    table(top);
  }

 private:
  void layers(float left, float right, float top) {
    p.fitted(left, top + p.u(11), right - left - 4, p.look.say(Say::NormByLayer), p.words(), p.theme.fg3);
    const float y0 = top + p.u(28), y1 = p.height - p.u(30);
    const Axis axis = niceAxis(0, v.columnHigh, std::max(2, static_cast<int>((y1 - y0) / p.u(25))));
    const auto y = [&](double value) {
      return y1 - (y1 - y0) * static_cast<float>(axis.high > 0 ? value / axis.high : 0);
    };
    float labels = 0;
    for (double tick = 0; tick <= axis.high * 1.0001; tick += axis.step) {
      labels = std::max(labels, p.widthOf(shortText(tick), p.numbers()));
    }
    const float x0 = left + labels + p.u(8);
    for (double tick = 0; tick <= axis.high * 1.0001; tick += axis.step) {
      p.scene.fill({x0, std::floor(y(tick)), right - 6 - x0, 1}, tick == 0 ? p.theme.line2 : p.theme.line);
      p.text(left + labels, std::floor(y(tick)), shortText(tick), p.numbers(), p.theme.fg3, Scene::Align::Right);
    }
    const float pitch = (right - 6 - x0) / static_cast<float>(std::max<size_t>(1, v.columns.size()));
    float free = -1000;                     // right edge of the last label
    for (int pass = 0; pass < 2; ++pass) {  // the cursor's label first, it must stand
      for (size_t i = 0; i < v.columns.size(); ++i) {
        const LedgerColumn& c = v.columns[i];
        const bool here = c.layer == v.layer;
        const float x = x0 + pitch * static_cast<float>(i), w = std::max(1.0f, std::floor(pitch * 0.62f));
        const float cx = x + pitch / 2;
        if (pass == 0) {
          p.scene.setId(p.id(Element::LayerMark, -1, c.layer));
          p.scene.area({x, y0, pitch, p.height - y0});
          stack(c, std::floor(cx - w / 2), w, y);
          p.scene.setId(0);
          if (here) {
            m_cursorLabel = p.text(cx, p.height - p.u(17), layerLabel(c.layer), p.numbers(500), p.theme.accentText,
                                   Scene::Align::Centre);
            p.scene.fill({m_cursorLabel.x, p.height - p.u(9), m_cursorLabel.width, 2}, p.theme.accent);
          }
        } else if (!here) {
          const float half = p.widthOf(layerLabel(c.layer), p.numbers()) / 2 + 2;
          const bool clear =
              cx - half > free && (cx + half < m_cursorLabel.x - 2 || cx - half > m_cursorLabel.right() + 2);
          if (!clear) continue;
          p.text(cx, p.height - p.u(17), layerLabel(c.layer), p.numbers(), p.theme.fg3, Scene::Align::Centre);
          free = cx + half;
        }
      }
    }
  }

  // Bottom up; 1 px of the canvas parts neighbours.
  template <class Y>
  void stack(const LedgerColumn& c, float x, float w, Y y) {
    double sum = 0;
    for (const LedgerRow& part : c.parts) {
      if (!(part.norm > 0)) continue;
      const double next = sum + static_cast<double>(part.norm);
      const float low = std::floor(y(sum)), high = std::floor(y(next));
      sum = next;
      const float gap = low - high >= 3 ? 1.0f : 0.0f;
      if (low - high >= 1) mark(p, {x, high + gap, w, low - high - gap}, part);
    }
  }

  void table(float top) {
    const auto& say = p.look.say;
    const float right = p.width - p.pad(), w = right - m_left;
    const float headY = top + p.u(11);
    const auto count = static_cast<float>(v.rows.size() + 1);
    // Many rows in a low panel come closer to head and foot before they lose their words.
    const bool tight = p.height - top - p.u(52) < count * p.u(12);
    const float footRoom = p.u(tight ? 20 : 24), gap = p.u(tight ? 0 : 6);
    const float first = top + p.u(tight ? 19 : 22);
    const float row = std::min(p.u(p.look.ownLabels ? 48 : 24), (p.height - footRoom - first - gap) / count);
    // Label, norm bar and number, share, push; the bars give way first.
    const float label = p.u(15), labelWidth = p.u(80), numberWidth = p.u(36), shareWidth = p.u(62),
                pushNumber = p.u(40);
    float free = w - label - labelWidth - numberWidth - shareWidth - pushNumber - p.u(34);
    const bool bars = free >= p.u(30);
    free = bars ? std::min(free, p.u(520)) : 0;
    const float normX = std::floor(m_left + label + labelWidth), normW = std::floor(free * 0.42f);
    const float normRight = normX + normW + numberWidth;
    const float pushRight = right, pushW = std::floor(free * 0.42f);
    const float zoneRight = pushRight - pushNumber - p.u(4), zoneLeft = zoneRight - pushW;
    const float zoneStart = bars ? zoneLeft : pushRight - pushNumber;
    const float shareRight = std::min(zoneStart - p.u(12), (normRight + zoneStart) / 2 + shareWidth / 2 + p.u(14));
    const float zero = std::floor(zoneLeft + pushW * zeroShare());
    p.firstThatFits(normX, headY, normRight - normX, {say(Say::Norm)}, p.words(), p.theme.fg3);
    p.text(shareRight, headY, say(Say::OfOutput), p.words(), p.theme.fg3, Scene::Align::Right);
    pushHead(shareRight + p.u(12), right, headY);
    const bool readable = row >= p.u(10.5);
    for (size_t i = 0; i < v.rows.size(); ++i) {
      const LedgerRow& r = v.rows[i];
      const float centre = first + row * (static_cast<float>(i) + 0.5f);
      const SceneId id =
          p.id(Element::LedgerPart, v.token, v.layer, r.expert, static_cast<int>(std::min<size_t>(i, 500)));
      p.scene.setId(id);
      const bool hot = p.hovered(id) || (r.expert >= 0 && p.look.hover.element().expert == r.expert);
      if (hot) {
        p.scene.fill({m_left - 4, centre - row / 2, right - m_left + 8, row}, p.theme.bg3);
      } else {
        p.scene.area({m_left - 4, centre - row / 2, right - m_left + 8, row});
      }
      const float side = std::min(p.u(10), row - 2),
                  h = std::max(2.0f, std::floor(std::min(row * 0.5f, p.u(p.look.ownLabels ? 14 : 8))));
      mark(p, {m_left, std::floor(centre - side / 2 + 0.5f), side, side}, r);
      if (bars && r.norm > 0 && v.normHigh > 0 && r.part != Part::Remainder) {
        mark(p, {normX, std::floor(centre - h / 2 + 0.5f), std::max(2.0f, normW * r.norm / v.normHigh), h}, r);
      }
      if (bars && !std::isnan(r.push) && v.pushHigh > 0) push(r, zero, zoneRight - zoneLeft, centre, h);
      if (readable) texts(r, centre, normX - 4, normRight, shareRight, pushRight);
      p.scene.setId(0);
    }
    const float sumTop = first + row * static_cast<float>(v.rows.size());
    if (bars) p.scene.fill({zero, first - 4, 1, sumTop - first + 2}, p.theme.line2);
    p.scene.fill({m_left, std::floor(sumTop), w, 1}, p.theme.line2);
    if (readable) sum(sumTop + row / 2 + 1, m_left + label, normX - 4, normRight, shareRight, pushRight);
    foot(right);
  }

  // Where zero stands between the lowest and the highest push: in the middle third at most, so that signs can be seen.
  float zeroShare() const {
    float low = 0, high = 0;
    for (const LedgerRow& r : v.rows) {
      if (std::isnan(r.push)) continue;
      low = std::min(low, r.push);
      high = std::max(high, r.push);
    }
    if (high - low <= 0) return 0.5f;
    return std::clamp(-low / (high - low), 0.08f, 0.92f);
  }

  void push(const LedgerRow& r, float zero, float zone, float centre, float h) {
    const float share = zeroShare();
    float low = 0, high = 0;
    for (const LedgerRow& o : v.rows) {
      if (std::isnan(o.push)) continue;
      low = std::min(low, o.push);
      high = std::max(high, o.push);
    }
    const float perLogit = std::min(high > 0 ? zone * (1 - share) / high : 1e9f, low < 0 ? zone * share / -low : 1e9f);
    const float length = std::abs(r.push) * perLogit;
    if (!(length >= 0.5f) || r.part == Part::Remainder) return;
    const float w = std::max(1.0f, length);
    mark(p, {r.push > 0 ? zero + 1 : zero - w, std::floor(centre - h / 2 + 0.5f), w, h}, plain(r));
  }

  // A push is what was recorded, without drops: never hatched.
  static LedgerRow plain(LedgerRow row) {
    row.dropped = false;
    return row;
  }

  void texts(const LedgerRow& r, float centre, float labelRight, float normRight, float shareRight, float pushRight) {
    const bool faint = r.part == Part::Remainder;
    const float x = m_left + p.u(16);
    p.fitted(x, centre, labelRight - x, r.label, p.words(), faint ? p.theme.fg2 : p.theme.fg1);
    const auto number = [&](float right, const std::string& text) {
      p.text(right, centre, text, p.numbers(), p.theme.fg1, Scene::Align::Right);
    };
    number(normRight, normText(static_cast<double>(r.norm)));
    number(shareRight, signedShareText(r.share));
    number(pushRight, signedText(static_cast<double>(r.push)));
  }

  void sum(float centre, float x, float labelRight, float normRight, float shareRight, float pushRight) {
    p.fitted(x + 1, centre, labelRight - x, p.look.say(Say::Output), p.words(kSizeNumber, 500), p.theme.fg1);
    const auto number = [&](float right, const std::string& text) {
      p.text(right, centre, text, p.numbers(500), p.theme.fg1, Scene::Align::Right);
    };
    number(normRight, normText(static_cast<double>(v.outNorm)));
    number(shareRight, shareText(v.shareSum));
    number(pushRight, signedText(v.pushSum));
  }

  void pushHead(float left, float right, float y) {
    const auto& say = p.look.say;
    if (v.pushToken.empty()) {
      p.fitted(right, y, right - left, say(Say::PushOnNext), p.words(), p.theme.fg3, Scene::Align::Right);
      return;
    }
    const std::string word = say(Say::PushOnWord);
    const float room = right - left, wordWidth = p.widthOf(word, p.words()) + p.u(4);
    const float tokenRoom = room - wordWidth;
    if (tokenRoom < p.u(20)) return;
    const Rect token = p.fitted(right, y, std::min(tokenRoom, p.u(110)), v.pushToken, p.tokens(kSizeNumber, 500),
                                p.theme.fg1, Scene::Align::Right);
    p.text(token.x - p.u(4), y, word, p.words(), p.theme.fg3, Scene::Align::Right);
  }

  void foot(float right) {
    const float centre = p.height - p.u(12);
    const Rect shared = p.fitted(m_left, centre, right - m_left, v.sharedSentence, p.words(), p.theme.fg2);
    const float room = right - shared.right() - p.u(10);
    p.firstThatFits(right, centre, room, {v.errorSentence}, p.words(), p.theme.fg3, Scene::Align::Right);
  }

  Panel& p;
  const LedgerView& v;
  float m_left = 0;
  Rect m_cursorLabel;
};

}  // namespace

Scene makeLedgerScene(const LedgerView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Ledger, view.panel, size, look, view.description);
  Panel panel(Instrument::Ledger, size, look);
  LedgerPainter(panel, view).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
