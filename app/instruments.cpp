#include "app/instruments.h"

#include <algorithm>
#include <sstream>

#include "app/measures_job.h"
#include "app/second_run.h"
#include "ui/instruments/compare_scene.h"
#include "ui/instruments/inspector_scene.h"
#include "ui/layout.h"

namespace app {
namespace {

// Large enough that no instrument leaves anything out.
constexpr ui::Size kRoomForAll{2000, 1200};

// The scene's sentences are one line an instrument, in the order of the places.
std::vector<PicturePart> partsOf(const std::vector<ui::PlacedInstrument>& places, const std::string& sentences) {
  std::istringstream lines(sentences);
  std::vector<PicturePart> parts;
  for (const ui::PlacedInstrument& place : places) {
    PicturePart part{place.instrument, place.rect, {}};
    std::getline(lines, part.sentence);
    parts.push_back(std::move(part));
  }
  return parts;
}

std::optional<ui::Rect> placeIn(const ui::Scene& scene, const ui::ElementId& id) {
  std::optional<ui::Rect> place;
  const ui::SceneId wanted = id.pack();
  for (const ui::Primitive& primitive : scene.primitives()) {
    if (primitive.id != wanted) continue;
    const ui::Rect bounds = scene.bounds(primitive);
    // The largest of what carries the id: its cell.
    if (!place || bounds.width * bounds.height > place->width * place->height) place = bounds;
  }
  return place;
}

}  // namespace

Instruments::Instruments(const Workbench& workbench, ui::TextShaper& shaper)
    : m_workbench(workbench), m_shaper(shaper), m_theme(ui::darkTheme()) {}

ui::Look Instruments::look() const { return {m_theme, m_shaper, m_say, {m_pointer ? m_pointer->id : 0}, false, false}; }

Picture Instruments::picture(CanvasPart canvas, ui::Size size, bool keyboard) const {
  if (canvas == CanvasPart::Compare) {
    Picture picture;
    picture.scene = scene(ui::Instrument::Compare, size, true, keyboard);
    picture.parts = {{ui::Instrument::Compare, {0, 0, size.width, size.height}, picture.scene.sentence}};
    return picture;
  }
  const ui::ViewSource& source = m_workbench.source();
  const ui::Cursor& cursor = m_workbench.cursor();
  ui::CanvasOptions shown = options;
  if (!keyboard) shown.focus = ui::Instrument::None;
  if (m_pointer && m_pointer->canvas == canvas) shown.pointer = m_pointer->at;
  Picture picture;
  std::vector<ui::PlacedInstrument> places;
  if (canvas == CanvasPart::Central) {
    picture.scene = ui::makeCentralScene(source, cursor, shown, size, look());
    ui::CentralOptions central;
    central.experts = source.experts();
    central.heatShown = shown.heatShown;
    central.hideTokensExperts = shown.hideTokensExperts;
    places = ui::layoutCentral(size, m_theme.textScale, central).places;
  } else {
    picture.scene = ui::makeLowerScene(source, cursor, shown, size, look());
    places = ui::layoutLower(size, m_theme.textScale, {shown.predictionInLower, shown.lowerShown}).places;
  }
  if (hints && canvas == CanvasPart::Central) addHints(picture.scene);
  picture.parts = partsOf(places, picture.scene.sentence);
  return picture;
}

// 1 at the cursor's token, 2 in the current stage, 3 below the cursor's cell of layers x experts.
void Instruments::addHints(ui::Scene& scene) const {
  const ui::Cursor& c = m_workbench.cursor();
  const ui::ElementId targets[] = {
      {ui::Instrument::TokenStrip, ui::Element::Token, c.token},
      {ui::Instrument::StageRail, ui::Element::Stage, -1, -1, -1, static_cast<int>(c.stage)},
      {ui::Instrument::LayersExperts, ui::Element::Cell, c.token, c.layer, c.expert},
  };
  const auto side = static_cast<float>(m_theme.px(16));
  const ui::TextStyle style{ui::TextFont::Words, 600, static_cast<float>(m_theme.px(ui::kSizeNumber))};
  scene.setId(0);
  for (int i = 0; i < 3; ++i) {
    const std::optional<ui::Rect> target = placeIn(scene, targets[i]);
    if (!target) continue;
    ui::Rect square{target->centreX() - side / 2, target->y - side - 2, side, side};
    if (i == 1) square = {target->right() - side - 4, target->y + 6, side, side};
    if (i == 2) square.y = target->bottom() + 2;
    // The token is amber itself: there the square is turned inside out, in the free corner beside the token's value.
    const bool inside = i == 0 && target->width >= 2.5f * side;
    // Smaller there, clear of the crosses above it and the colour below.
    const float inner = std::floor(side * 0.875f);
    if (inside) square = {target->right() - inner - 3, target->bottom() - inner - 4, inner, inner};
    scene.fill(square, inside ? m_theme.onAccent : m_theme.accentFill);
    const float baseline = square.centreY() + m_shaper.metrics(style).capHeight / 2;
    scene.text({square.centreX(), baseline}, std::to_string(i + 1), style,
               inside ? m_theme.accentFill : m_theme.onAccent, m_shaper, ui::Scene::Align::Centre);
  }
}

Picture Instruments::pictureOf(ui::Instrument instrument, ui::Size size, bool keyboard) const {
  ui::CanvasOptions shown = options;
  if (!keyboard) shown.focus = ui::Instrument::None;
  const bool here = m_pointer && m_pointer->canvas == CanvasPart::Own && m_pointer->own == instrument;
  if (here) shown.pointer = m_pointer->at;
  ui::ViewSource source = m_workbench.source();
  source.tables = false;
  if (m_measures) {
    source.measureLater = [job = m_measures](const ui::ViewSource& of, int layer) { job->ask(of, layer); };
  }
  Picture picture;
  picture.scene = ui::makeInstrumentScene(instrument, source, m_workbench.cursor(), shown, size, look());
  picture.parts = {{instrument, {0, 0, size.width, size.height}, picture.scene.sentence}};
  return picture;
}

QString Instruments::title(ui::Instrument instrument) const {
  return QString::fromStdString(ui::instrumentTitle(instrument, m_say));
}

ui::Scene Instruments::scene(ui::Instrument instrument, ui::Size size, bool live, bool keyboard) const {
  ui::Look look = this->look();
  look.focused = live && keyboard && options.focus == instrument;
  look.live = live;
  if (instrument == ui::Instrument::Compare) {
    if (!m_second) return ui::makeCompareScene(ui::makeEmptyCompareView(m_say), size, look);
    return ui::makeCompareScene(live ? m_second->viewSoon(m_say) : m_second->view(m_say), size, look);
  }
  if (instrument == ui::Instrument::Inspector) {
    return ui::makeInspectorScene(inspector(), size, look);
  }
  return ui::makeInstrumentScene(instrument, m_workbench.source(), m_workbench.cursor(), options, size, look);
}

ui::AccessibleTable Instruments::table(ui::Instrument instrument) const {
  return scene(instrument, kRoomForAll, false).table;
}

ui::InspectorView Instruments::inspector() const {
  return ui::makeInspectorView(m_workbench.source(), m_workbench.cursor(), m_say);
}

void Instruments::nextRange() {
  using Kind = ui::LoadRange::Kind;
  Kind& kind = options.load.kind;
  kind = kind == Kind::WholeRun                   ? Kind::UpToCursor
         : kind == Kind::UpToCursor && hasRange() ? Kind::Tokens
                                                  : Kind::WholeRun;
}

void Instruments::setRange(int one, int other) {
  const int last = m_workbench.trace().empty() ? -1 : m_workbench.trace().length() - 1;
  if (last < 0) return;
  options.strip.rangeFirst = std::clamp(std::min(one, other), 0, last);
  options.strip.rangeLast = std::clamp(std::max(one, other), 0, last);
  options.load = {ui::LoadRange::Kind::Tokens, options.strip.rangeFirst, options.strip.rangeLast};
}

void Instruments::clearRange() {
  options.strip.rangeFirst = options.strip.rangeLast = -1;
  if (options.load.kind == ui::LoadRange::Kind::Tokens) options.load.kind = ui::LoadRange::Kind::WholeRun;
}

}  // namespace app
