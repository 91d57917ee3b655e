#include "app/instruments.h"

#include <sstream>

#include "app/inspector_rows.h"
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

}  // namespace

Instruments::Instruments(const Workbench& workbench, ui::TextShaper& shaper)
    : m_workbench(workbench), m_shaper(shaper), m_theme(ui::darkTheme()) {}

ui::Look Instruments::look() const { return {m_theme, m_shaper, m_say, {m_pointer ? m_pointer->id : 0}, false, false}; }

Picture Instruments::picture(CanvasPart canvas, ui::Size size) const {
  const ui::ViewSource& source = m_workbench.source();
  const ui::Cursor& cursor = m_workbench.cursor();
  ui::CanvasOptions shown = options;
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
  picture.parts = partsOf(places, picture.scene.sentence);
  return picture;
}

ui::AccessibleTable Instruments::table(ui::Instrument instrument) const {
  return ui::makeInstrumentScene(instrument, m_workbench.source(), m_workbench.cursor(), options, kRoomForAll, look())
      .table;
}

std::vector<InspectorRow> Instruments::inspectorRows() const {
  return makeInspectorRows(m_workbench.source(), m_workbench.cursor());
}

void Instruments::nextRange() {
  using Kind = ui::LoadRange::Kind;
  options.load.kind = options.load.kind == Kind::WholeRun ? Kind::UpToCursor : Kind::WholeRun;
}

}  // namespace app
