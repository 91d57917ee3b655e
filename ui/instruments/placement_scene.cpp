#include "ui/instruments/placement_scene.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/panel.h"
#include "ui/instruments/placement_curve.h"
#include "ui/numbers.h"

namespace ui {
namespace {

constexpr float kFactsWidth = 350, kCurveWidth = 190, kBarsWidth = 300, kTall = 330, kExplained = 150;

class PlacementPainter {
 public:
  PlacementPainter(Panel& panel, const PlacementView& view, float top)
      : p(panel), v(view), say(panel.look.say), m_top(top) {}

  void paint() {
    const float left = p.pad(), right = p.width - p.pad(), gap = p.u(24), room = right - left;
    // Where there is little room the numbers have it.
    const bool explained = p.height - m_top >= p.u(kExplained);
    const float bottom = p.height - p.u(explained ? 24 : 8);
    if (explained) about(left, room);
    if (bottom - m_top >= p.u(kTall)) {
      // Bars beside the numbers, the curves below both.
      const float upper = std::floor(m_top + (bottom - m_top) * 0.55f);
      const bool beside = room >= p.u(kFactsWidth + kBarsWidth);
      if (beside) facts({right - p.u(kFactsWidth), m_top, p.u(kFactsWidth), upper - m_top});
      bars({left, m_top, beside ? room - p.u(kFactsWidth) - gap : room, upper - m_top});
      const float from = upper + p.u(12);
      curves({left, from, room, bottom - from});
      return;
    }
    // All in one row; the curves go first where there is little room, then the numbers.
    float end = right;
    const bool numbers = room >= p.u(kBarsWidth + kFactsWidth);
    const float free = room - p.u(kBarsWidth + kFactsWidth);
    if (numbers && free >= p.u(kCurveWidth) + gap) {
      const auto fit = static_cast<float>(std::min(v.curves.size(), static_cast<size_t>(free / p.u(kCurveWidth))));
      const float width = std::min(free - gap, fit * p.u(300));
      curves({end - width, m_top, width, bottom - m_top});
      end -= width + gap;
    }
    if (numbers) {
      facts({end - p.u(kFactsWidth), m_top, p.u(kFactsWidth), bottom - m_top});
      end -= p.u(kFactsWidth) + gap;
    }
    bars({left, m_top, end - left, bottom - m_top});
  }

 private:
  void about(float left, float room) {
    p.scene.setId(p.id(Element::Fact, -1, -1, -1, 0));
    p.scene.area(p.fitted(left, p.height - p.u(12), room, v.about, p.words(), p.theme.fg3));
    p.scene.setId(0);
  }

  void bars(const Rect& area) {
    const float head = p.u(20), label = p.u(36), ratio = p.u(40);
    const float count = std::max(p.u(24), p.widthOf(countText(v.highest), p.numbers())) + p.u(8);
    const float left = area.x + label, right = area.right() - ratio - count;
    const double most = std::max({static_cast<double>(v.highest), static_cast<double>(v.capacity), v.ideal, 1.0});
    if (right - left < 20) return;
    const auto x = [&](double choices) { return left + (right - left) * static_cast<float>(choices / most); };
    const float top = area.y + head, room = area.bottom() - top;
    const auto devices = static_cast<int>(v.devices.size());
    const int shown = std::min(devices, std::max(1, static_cast<int>(room / 2)));
    const float row = std::min(p.u(28), std::floor(room / static_cast<float>(shown)));
    const bool words = row >= p.u(11);
    for (int d = 0; d < shown; ++d) {
      const float y = top + row * static_cast<float>(d);
      one(v.devices[static_cast<size_t>(d)], y, row, x, words);
      if (!words) continue;
      const PlacedDevice& device = v.devices[static_cast<size_t>(d)];
      const float centre = y + row / 2;
      p.text(area.x, centre, say(Say::PlacementDevice, d), p.numbers(500), p.theme.fg2);
      p.text(area.right() - ratio, centre, countText(device.load), p.numbers(), p.theme.fg1, Scene::Align::Right);
      p.text(area.right(), centre, ratioText(device.overIdeal), p.numbers(), p.theme.fg2, Scene::Align::Right);
    }
    lines(x, area, top, top + row * static_cast<float>(shown));
    if (shown < devices) {
      p.text(area.x, area.bottom() - p.u(6), say(Say::MoreRows, countText(devices - shown)), p.words(), p.theme.fg2);
    }
  }

  // The pieces of a bar, one an expert; what comes after the slots is hatched, whichever expert's it is.
  template <class X>
  void one(const PlacedDevice& device, float y, float row, const X& x, bool words) {
    const float height = std::max(1.0f, words ? std::floor(row * 0.62f) : row - 1),
                bar = std::floor(y + (row - height) / 2);
    int64_t before = 0;
    const int64_t taken = v.capacity < 0 ? device.load : std::min(device.load, v.capacity);
    for (const PlacedExpert& each : device.experts) {
      if (each.load == 0) continue;
      const int64_t after = before + each.load;
      const float from = std::floor(x(static_cast<double>(before))), to = std::floor(x(static_cast<double>(after)));
      const float gap = to - from > 3 ? 1.0f : 0.0f;
      p.scene.setId(p.id(Element::LoadBar, -1, v.layer, each.expert));
      const bool here = each.expert == v.cursorExpert;
      const int64_t kept = std::clamp(taken, before, after);
      if (kept > before) {
        const float end = std::floor(x(static_cast<double>(kept)));
        p.scene.fill({from, bar, std::max(1.0f, end - from - gap), height}, p.theme.kept);
      }
      if (kept < after) {
        const float start = std::floor(x(static_cast<double>(kept)));
        p.hatchedBox({start, bar, std::max(2.0f, to - start - gap), height}, p.theme.dropped);
      }
      const Rect piece{from, bar, std::max(2.0f, to - from - gap), height};
      p.scene.area(piece);
      if (here) {
        p.cursorBox(piece);
      } else if (p.look.hover.element().expert == each.expert) {
        p.scene.outline(piece, p.theme.fg2);
      }
      p.scene.setId(0);
      const std::string name = expertNumber(each.expert, v.experts);
      if (words && height >= p.u(11) && p.widthOf(name, p.numbers()) + 4 <= piece.width && kept == after) {
        p.text(piece.centreX(), piece.centreY(), name, p.numbers(), p.theme.inkOn(p.theme.kept), Scene::Align::Centre);
      }
      before = after;
    }
  }

  template <class X>
  void lines(const X& x, const Rect& area, float top, float bottom) {
    const float ideal = std::floor(x(v.ideal)), head = area.y + p.u(10);
    p.scene.line({ideal, top - 3}, {ideal, bottom}, p.theme.fg1, 1, Dash::Dash33);
    std::string idealWord = say(Say::PlacementIdeal, shortText(v.ideal)), slotsWord;
    float slots = ideal;
    if (v.capacity >= 0) {
      slots = std::floor(x(static_cast<double>(v.capacity))) + 1;
      p.scene.line({slots, top - 3}, {slots, bottom}, p.theme.fg1, 1.5f);
      slotsWord = say(Say::PlacementSlots, countText(v.capacity));
    }
    const Rect times = p.text(area.right(), head, say(Say::TimesIdeal), p.words(), p.theme.fg3, Scene::Align::Right);
    const float end = times.x - p.u(8);
    // The earlier line's word to its left, the later one's to its right.
    const bool idealFirst = slotsWord.empty() || ideal <= slots;
    const std::string& first = idealFirst ? idealWord : slotsWord;
    const std::string& second = idealFirst ? slotsWord : idealWord;
    const float at = idealFirst ? ideal : slots;
    const float wide = p.widthOf(first, p.words());
    const float start = std::max(area.x, std::min(at - 4, end) - wide);
    if (start + wide > end) return;
    const Rect box = p.text(start, head, first, p.words(), p.theme.fg2);
    const float next = std::max(box.right() + p.u(8), (idealFirst ? slots : ideal) + 4);
    if (!second.empty() && next + p.widthOf(second, p.words()) <= end) {
      p.text(next, head, second, p.words(), p.theme.fg2);
    }
  }

  void facts(const Rect& area) {
    const float head = area.y + p.u(10), top = area.y + p.u(20);
    const auto count = static_cast<float>(v.facts.size());
    const float line = std::clamp((area.bottom() - top) / std::max(1.0f, count), p.u(13), p.u(17));
    const float least = area.right(), chance = least - p.u(52), value = chance - p.u(80);
    float y = head;
    const auto right = [&](float x, const std::string& text, const TextStyle& style, Colour ink) {
      p.text(x, y, text, style, ink, Scene::Align::Right);
    };
    right(value, say(Say::ThisLayer), p.words(), p.theme.fg3);
    right(chance, say(Say::ByChance), p.words(), p.theme.fg3);
    right(least, say(Say::LeastWord), p.words(), p.theme.fg3);
    y = top + line / 2;
    const auto fit = static_cast<size_t>(std::max(0.0f, (area.bottom() - top + 1) / line));
    for (size_t i = 0; i < v.facts.size(); ++i) {
      if (i + 1 >= fit && v.facts.size() > fit) {
        p.text(area.x, y, say(Say::MoreRows, countText(static_cast<int64_t>(v.facts.size() - i))), p.words(),
               p.theme.fg3);
        break;
      }
      const PlacementFact& fact = v.facts[i];
      p.fitted(area.x, y, value - p.u(50) - area.x, fact.name, p.words(), p.theme.fg2);
      right(value, fact.value, p.numbers(500), p.theme.fg1);
      right(chance, fact.chance, p.numbers(), p.theme.fg2);
      right(least, fact.least, p.numbers(), p.theme.fg2);
      y += line;
    }
  }

  void curves(const Rect& area) {
    const auto fit = std::min(v.curves.size(), static_cast<size_t>(std::max(0.0f, area.width / p.u(kCurveWidth))));
    const float width = area.width / static_cast<float>(std::max<size_t>(1, fit));
    for (size_t i = 0; i < fit; ++i) {
      const float x = area.x + width * static_cast<float>(i);
      paintPlacementCurve(p, v.curves[i], {std::floor(x), area.y, std::floor(width - p.u(20)), area.height});
    }
  }

  Panel& p;
  const PlacementView& v;
  const Phrases& say;
  const float m_top;
};

}  // namespace

Scene makePlacementScene(const PlacementView& view, Size size, const Look& look) {
  if (view.panel.notice) return emptyScene(Instrument::Placement, view.panel, size, look, view.description);
  Panel panel(Instrument::Placement, size, look);
  const float top = panel.titleBar(view.panel);
  PlacementPainter(panel, view, top).paint();
  describeInto(panel.scene, view.description);
  return panel.take();
}

}  // namespace ui
