#include "ui/instruments/canvas_scenes.h"

#include <algorithm>
#include <cmath>

#include "ui/instruments/coactivation_scene.h"
#include "ui/instruments/dispatch_scene.h"
#include "ui/instruments/heat_scenes.h"
#include "ui/instruments/ledger_scene.h"
#include "ui/instruments/load_scene.h"
#include "ui/instruments/measures_scene.h"
#include "ui/instruments/panel.h"
#include "ui/instruments/placement_scene.h"
#include "ui/instruments/prediction_scene.h"
#include "ui/instruments/router_scene.h"
#include "ui/instruments/stage_rail_scene.h"
#include "ui/instruments/text_fit.h"
#include "ui/instruments/token_strip_scene.h"
#include "ui/numbers.h"
#include "ui/views/dispatch_view.h"
#include "ui/views/router_view.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

// A head has room for a title as it always is; which of two routers it shows stands behind it.
template <class View>
View headed(View view, Say title, const ViewSource& source, const Phrases& say) {
  if (!source.block) return view;
  view.panel.title = say(title);
  const std::string rest = view.panel.subtitle.empty() ? "" : " \u00B7 " + view.panel.subtitle;
  view.panel.subtitle = say(Say::Attention) + rest;
  return view;
}

// What shares its place with another names it by a mark behind its title.
template <class View>
View sharing(View view, Action other) {
  view.panel.titleAction = other;
  return view;
}

// `other`: what a press on the title brings instead, where two instruments share a place.
Scene sceneOf(Instrument instrument, const ViewSource& source, const Cursor& cursor, const CanvasOptions& o, Size size,
              Look look, int stripRows, Action other = Action::None) {
  const Phrases& say = look.say;
  look.focused = o.focus == instrument;
  switch (instrument) {
    case Instrument::TokenStrip:
      return makeTokenStripScene(makeTokenStripView(source, cursor, o.strip, say), size, look, stripRows);
    case Instrument::StageRail:
      return makeStageRailScene(makeStageRailView(source, cursor, say), size, look);
    case Instrument::Router:
      return makeRouterScene(
          headed(makeRouterView(source, cursor, o.routerByScore, say), Say::RouterTitle, source, say), size, look);
    case Instrument::Dispatch: {
      const DispatchView view = headed(makeDispatchView(source, cursor, say), Say::DispatchTitle, source, say);
      if (!look.ownLabels) return makeDispatchScene(view, nullptr, size, look);
      const DropsView drops = makeDropsView(source, cursor, say);
      return makeDispatchScene(view, &drops, size, look);
    }
    case Instrument::Load:
      return makeLoadScene(headed(makeLoadView(source, cursor, o.load, say), Say::LoadTitle, source, say), size, look);
    case Instrument::LayersExperts:
      return makeLayersExpertsScene(
          sharing(headed(makeLayersExpertsView(source, cursor, say), Say::LayersExpertsTitle, source, say), other),
          size, look);
    case Instrument::TokensExperts:
      return makeTokensExpertsScene(
          sharing(headed(makeTokensExpertsView(source, cursor, o.heat, say), Say::TokensExpertsTitle, source, say),
                  other),
          size, look);
    case Instrument::Ledger:
      return makeLedgerScene(sharing(makeLedgerView(source, cursor, say), other), size, look);
    case Instrument::LedgerOverLayers:
      return makeLedgerOverLayersScene(makeLedgerOverLayersView(source, cursor, say), size, look);
    case Instrument::LoadByLayer:
      return makeLoadByLayerScene(headed(makeLoadByLayerView(source, cursor, say), Say::LoadByLayerTitle, source, say),
                                  size, look);
    case Instrument::DropsByPosition:
      return makeDropsScene(headed(makeDropsView(source, cursor, say), Say::ByPositionTitle, source, say), size, look);
    case Instrument::Placement:
      return makePlacementScene(
          headed(makePlacementView(source, cursor, o.placement, say), Say::PlacementTitle, source, say), size, look);
    case Instrument::Measures:
      return makeMeasuresScene(headed(makeMeasuresView(source, cursor, say), Say::MeasuresTitle, source, say), size,
                               look, o.measuresScrolled);
    case Instrument::Coactivation:
      return makeCoactivationScene(
          headed(makeCoactivationView(source, cursor, say), Say::CoactivationTitle, source, say), size, look);
    case Instrument::Prediction:
      return makePredictionScene(sharing(makePredictionView(source, cursor, say), other), size, look);
    default:
      return Scene(size);
  }
}

Say titleOf(Instrument instrument) {
  switch (instrument) {
    case Instrument::TokenStrip:
      return Say::TokensTitle;
    case Instrument::Dispatch:
      return Say::DispatchTitle;
    case Instrument::Load:
      return Say::LoadTitle;
    case Instrument::LayersExperts:
      return Say::LayersExpertsTitle;
    case Instrument::TokensExperts:
      return Say::TokensExpertsTitle;
    case Instrument::Ledger:
      return Say::LedgerTitle;
    case Instrument::LedgerOverLayers:
      return Say::LedgerOverLayersTitle;
    case Instrument::LoadByLayer:
      return Say::LoadByLayerTitle;
    case Instrument::DropsByPosition:
      return Say::ByPositionTitle;
    case Instrument::StageRail:
      return Say::StageTitle;
    case Instrument::Prediction:
      return Say::PredictionTitle;
    case Instrument::Placement:
      return Say::PlacementTitle;
    case Instrument::Measures:
      return Say::MeasuresTitle;
    case Instrument::Coactivation:
      return Say::CoactivationTitle;
    default:
      return Say::RouterTitle;
  }
}

// What an instrument will show once there is a run.
Say teachingOf(Instrument instrument) {
  switch (instrument) {
    case Instrument::TokenStrip:
      return Say::TeachTokens;
    case Instrument::Dispatch:
      return Say::TeachDispatch;
    case Instrument::Load:
      return Say::TeachLoad;
    case Instrument::LayersExperts:
      return Say::TeachLayersExperts;
    case Instrument::TokensExperts:
      return Say::TeachTokensExperts;
    case Instrument::Ledger:
      return Say::TeachLedger;
    case Instrument::LedgerOverLayers:
      return Say::TeachLedgerOverLayers;
    case Instrument::LoadByLayer:
      return Say::TeachLoadByLayer;
    case Instrument::DropsByPosition:
      return Say::TeachDrops;
    default:
      return Say::TeachPrediction;
  }
}

// Without a run one instrument of a canvas says so, with the buttons; the others say what they are for.
bool speaksWhenEmpty(Instrument instrument) {
  return instrument == Instrument::Router || instrument == Instrument::StageRail;
}

Scene teachingScene(Instrument instrument, Size size, const Look& look) {
  PanelText quiet;
  quiet.title = look.say(titleOf(instrument));
  const std::string& teaching = look.say(teachingOf(instrument));
  Panel p(instrument, size, look);
  const float bar = p.titleBar(quiet), line = p.u(17);
  const float top = bar + (instrument == Instrument::TokenStrip ? 0 : p.u(8));
  const int fit = std::max(0, static_cast<int>((p.height - top) / line));
  const auto lines = wrapText(look.shaper, teaching, p.words(kSizeWord), p.width - 2 * p.pad(), std::min(6, fit));
  for (size_t i = 0; i < lines.size(); ++i) {
    p.text(p.pad(), top + line * (static_cast<float>(i) + 0.5f), lines[i], p.words(kSizeWord), p.theme.fg3);
  }
  p.scene.sentence = look.say(Say::NameValue, quiet.title, teaching);
  return p.take();
}

Action otherIn(const CentralLayout& layout, Instrument instrument) {
  const bool heat = instrument == Instrument::LayersExperts || instrument == Instrument::TokensExperts;
  return layout.heatTabs && heat ? Action::OtherHeatMap : Action::None;
}
Action otherIn(const LowerLayout& layout, Instrument instrument) {
  const bool one = instrument == Instrument::Ledger || instrument == Instrument::Prediction;
  return layout.tabs && one ? Action::OtherLower : Action::None;
}

template <class Layout>
Scene compose(const Layout& layout, const ViewSource& whole, const Cursor& wanted, const CanvasOptions& options,
              Size size, const Look& look, int stripRows) {
  ViewSource source = whole;
  source.tables = false;
  const Cursor cursor = clamped(wanted, cursorSpace(source.trace));
  Scene scene(size);
  scene.fill({0, 0, size.width, size.height}, look.theme.bg1);
  for (const PlacedInstrument& place : layout.places) {
    const Size room{place.rect.width, place.rect.height};
    const bool speaks = speaksWhenEmpty(place.instrument) || layout.places.size() == 1;
    const Scene one = source.empty() && !speaks ? teachingScene(place.instrument, room, look)
                                                : sceneOf(place.instrument, source, cursor, options, room, look,
                                                          stripRows, otherIn(layout, place.instrument));
    scene.append(one, {place.rect.x, place.rect.y});
    if (!one.sentence.empty()) scene.sentence += (scene.sentence.empty() ? "" : "\n") + one.sentence;
  }
  for (const Rect& line : layout.lines) scene.fill(line, look.theme.line);
  if (options.pointer.x >= 0) {
    addTooltip(scene, options.pointer, tooltipLines(source, cursor, look.hover.element(), look.say), look);
  }
  return scene;
}

// What happened in a stage, without going there; broken into lines at spaces.
std::vector<std::string> stageTip(const ViewSource& source, Cursor cursor, Stage stage, const Phrases& say) {
  constexpr size_t kLine = 64;
  if (stage >= Stage::Count) return {};
  cursor.stage = stage;
  const StageRailView view = makeStageRailView(source, cursor, say);
  std::vector<std::string> lines{view.cells[static_cast<size_t>(stage)].name, ""};
  for (std::string_view rest = view.sentence; !rest.empty();) {
    const size_t end = std::min(rest.find(' '), rest.size());
    std::string& line = lines.back();
    if (line.empty() || line.size() + 1 + end <= kLine) {
      line += (line.empty() ? "" : " ") + std::string(rest.substr(0, end));
    } else {
      lines.emplace_back(rest.substr(0, end));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

}  // namespace

Scene makeCentralScene(const ViewSource& source, const Cursor& cursor, const CanvasOptions& options, Size size,
                       const Look& look) {
  CentralOptions central;
  central.experts = source.experts();
  central.heatShown = options.heatShown;
  central.hideTokensExperts = options.hideTokensExperts;
  const CentralLayout layout = layoutCentral(size, look.theme.textScale, central);
  return compose(layout, source, cursor, options, size, look, layout.stripRows);
}

Scene makeLowerScene(const ViewSource& source, const Cursor& cursor, const CanvasOptions& options, Size size,
                     const Look& look) {
  LowerOptions lower;
  lower.prediction = options.predictionInLower;
  lower.shown = options.lowerShown;
  return compose(layoutLower(size, look.theme.textScale, lower), source, cursor, options, size, look, 2);
}

Scene makeInstrumentScene(Instrument instrument, const ViewSource& source, const Cursor& wanted,
                          const CanvasOptions& options, Size size, const Look& with) {
  Look look = with;
  look.ownLabels = true;
  const Cursor cursor = clamped(wanted, cursorSpace(source.trace));
  const int rows = std::max(1, static_cast<int>((size.height / look.theme.textScale - 27) / 38));
  Scene scene = sceneOf(instrument, source, cursor, options, size, look, rows);
  if (options.pointer.x >= 0) {
    addTooltip(scene, options.pointer, tooltipLines(source, cursor, look.hover.element(), look.say), look);
  }
  return scene;
}

const std::string& instrumentTitle(Instrument instrument, const Phrases& say) { return say(titleOf(instrument)); }

std::vector<std::string> tooltipLines(const ViewSource& source, const Cursor& cursor, const ElementId& element,
                                      const Phrases& say) {
  if (source.empty()) return {};
  if (element.element == Element::Fact) {
    if (element.instrument == Instrument::Placement) return placementTip(say);
    return measureTip(source, cursor, static_cast<core::MeasureKind>(element.value), say);
  }
  if (element.element == Element::Pair) {
    return pairTip(source, cursor, element.expert, element.value * element.layer, element.layer, say);
  }
  if (element.element == Element::Sentence) return stageTip(source, cursor, cursor.stage, say);
  if (element.element == Element::Stage) return stageTip(source, cursor, static_cast<Stage>(element.value), say);
  const bool token = element.element == Element::Token || element.element == Element::Overview;
  if (token && element.token >= 0 && element.expert < 0) {
    const RouterView view =
        makeRouterView(source, {element.token, cursor.layer, cursor.expert, cursor.stage}, false, say);
    std::vector<std::string> lines{say(Say::TokenTip, element.token, quotedToken(source.tokenAt(element.token)))};
    for (const RouterRow& row : view.rows) {
      if (row.rank < 0) continue;
      lines.push_back(say(row.dropped ? Say::ChoiceTipDropped : Say::ChoiceTip, ordinalNumber(say, row.rank + 1),
                          placeLabel(cursor.layer, row.expert, source.experts()),
                          scoreText(static_cast<double>(row.weight))));
    }
    std::sort(lines.begin() + 1, lines.end());
    return lines;
  }
  if (element.expert < 0 || element.expert >= source.experts()) return {};
  Cursor at = cursor;
  if (element.token >= 0) at.token = element.token;
  if (element.layer >= 0) at.layer = element.layer;
  at.expert = element.expert;
  const RouterView view = makeRouterView(source, at, false, say);
  if (view.panel.notice || view.rows.empty()) return {};
  const RouterRow& row = view.rows[static_cast<size_t>(element.expert)];
  std::vector<std::string> lines;
  lines.push_back(say(Say::ExpertTip, placeLabel(at.layer, at.expert, source.experts()), at.token,
                      quotedToken(source.tokenAt(at.token))));
  const auto pair = [&](Say name, const std::string& value) { lines.push_back(say(Say::NameValue, say(name), value)); };
  pair(Say::RawLogit, signedText(static_cast<double>(row.logit)));
  if (view.hasScores) pair(Say::Score, scoreText(static_cast<double>(row.score)));
  if (!view.equalSelection) pair(Say::Selection, scoreText(static_cast<double>(row.selection)));
  pair(Say::Rank, row.rank >= 0 ? fmt::format("{}", row.rank + 1) : row.next ? say(Say::Next) : say(Say::QNotChosen));
  if (row.rank >= 0) {
    pair(Say::AppliedWeight, scoreText(static_cast<double>(row.weight)));
    const int slot = source.slotAt(at.layer, at.token, row.rank);
    if (slot >= 0) {
      pair(Say::QSlot, row.dropped ? say(Say::SlotTooLate, slot) : fmt::format("{}", slot));
    }
  }
  return lines;
}

void addTooltip(Scene& scene, Point at, const std::vector<std::string>& wanted, const Look& look) {
  if (wanted.empty()) return;
  const auto u = [&](double v) { return static_cast<float>(v * look.theme.textScale); };
  const TextStyle style{TextFont::Token, 400, u(kSizeNumber)}, head{TextFont::Token, 600, u(kSizeNumber)};
  // Explanations wrap.
  std::vector<std::string> lines;
  for (const std::string& one : wanted) {
    const std::vector<std::string> wrapped =
        wrapText(look.shaper, one, lines.empty() ? head : style, std::min(u(480), scene.size().width - u(24)), 4);
    lines.insert(lines.end(), wrapped.begin(), wrapped.end());
  }
  float width = 0;
  for (size_t i = 0; i < lines.size(); ++i) width = std::max(width, look.shaper.width(lines[i], i == 0 ? head : style));
  const float line = u(16), w = std::ceil(width) + 16, h = line * static_cast<float>(lines.size()) + 10;
  if (w > scene.size().width || h > scene.size().height) return;
  Rect box{at.x + 14, at.y + 14, w, h};
  if (box.right() > scene.size().width) box.x = std::max(0.0f, at.x - 10 - w);
  if (box.bottom() > scene.size().height) box.y = std::max(0.0f, at.y - 10 - h);
  box.x = std::floor(box.x);
  box.y = std::floor(box.y);
  scene.setId(0);
  scene.fill(box, look.theme.bg2);
  scene.outline(box, look.theme.line2);
  for (size_t i = 0; i < lines.size(); ++i) {
    const TextStyle& s = i == 0 ? head : style;
    const float centre = box.y + 5 + line * (static_cast<float>(i) + 0.5f);
    scene.text({box.x + 8, std::floor(centre + look.shaper.metrics(s).capHeight / 2 + 0.5f)}, lines[i], s,
               i == 0 ? look.theme.fg1 : look.theme.fg2, look.shaper);
  }
}

}  // namespace ui
