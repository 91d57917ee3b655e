#include "tests/ui/scenes.h"

#include <stdexcept>

#include "tests/ui/demo_trace.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/instruments/coactivation_scene.h"
#include "ui/instruments/compare_scene.h"
#include "ui/instruments/dispatch_scene.h"
#include "ui/instruments/heat_scenes.h"
#include "ui/instruments/inspector_scene.h"
#include "ui/instruments/ledger_scene.h"
#include "ui/instruments/load_scene.h"
#include "ui/instruments/measures_scene.h"
#include "ui/instruments/placement_scene.h"
#include "ui/instruments/prediction_scene.h"
#include "ui/instruments/router_scene.h"
#include "ui/instruments/stage_rail_scene.h"
#include "ui/instruments/token_strip_scene.h"

namespace test {

std::vector<std::string> sceneNames() {
  return {"tokens",     "stages",   "router",    "load",     "loadbylayer", "ledger",
          "prediction", "dispatch", "drops",     "layers",   "experts",     "overlayers",
          "central",    "lower",    "placement", "measures", "coactivation"};
}

ui::Scene sceneNamed(const std::string& name, const ui::ViewSource& source, const ui::Cursor& wanted, ui::Size size,
                     const ui::Theme& theme, const ui::TextShaper& shaper, const ui::Phrases& say,
                     const SceneOptions& o) {
  const ui::Cursor cursor = ui::clamped(wanted, ui::cursorSpace(source.trace));
  ui::Hover hover;
  if (o.hoverExpert >= 0) {
    hover.id = ui::ElementId{ui::Instrument::Router, ui::Element::ExpertRow, -1, -1, o.hoverExpert, -1}.pack();
  }
  const ui::Look look{theme, shaper, say, hover, o.focused, o.ownLabels};
  if (name == "tokens") {
    ui::TokenStripOptions options;
    options.lens = o.lens;
    return ui::makeTokenStripScene(ui::makeTokenStripView(source, cursor, options, say), size, look);
  }
  if (name == "stages") return ui::makeStageRailScene(ui::makeStageRailView(source, cursor, say), size, look);
  if (name == "router") return ui::makeRouterScene(ui::makeRouterView(source, cursor, o.byScore, say), size, look);
  if (name == "load") return ui::makeLoadScene(ui::makeLoadView(source, cursor, {}, say), size, look);
  if (name == "loadbylayer") return ui::makeLoadByLayerScene(ui::makeLoadByLayerView(source, cursor, say), size, look);
  if (name == "ledger") return ui::makeLedgerScene(ui::makeLedgerView(source, cursor, say), size, look);
  if (name == "prediction") return ui::makePredictionScene(ui::makePredictionView(source, cursor, say), size, look);
  if (name == "dispatch") {
    const ui::DropsView drops = ui::makeDropsView(source, cursor, say);
    return ui::makeDispatchScene(ui::makeDispatchView(source, cursor, say), &drops, size, look);
  }
  if (name == "drops") return ui::makeDropsScene(ui::makeDropsView(source, cursor, say), size, look);
  if (name == "layers") return ui::makeLayersExpertsScene(ui::makeLayersExpertsView(source, cursor, say), size, look);
  if (name == "experts")
    return ui::makeTokensExpertsScene(ui::makeTokensExpertsView(source, cursor, {}, say), size, look);
  if (name == "overlayers")
    return ui::makeLedgerOverLayersScene(ui::makeLedgerOverLayersView(source, cursor, say), size, look);
  if (name == "placement") {
    ui::PlacementChoice choice;
    choice.factor = 1.1;
    return ui::makePlacementScene(ui::makePlacementView(source, cursor, choice, say), size, look);
  }
  if (name == "measures") return ui::makeMeasuresScene(ui::makeMeasuresView(source, cursor, say), size, look);
  if (name == "coactivation") {
    return ui::makeCoactivationScene(ui::makeCoactivationView(source, cursor, say), size, look);
  }
  if (name == "inspector") return ui::makeInspectorScene(ui::makeInspectorView(source, cursor, say), size, look);
  if (name == "compare") {
    const ui::ViewSource other = o.other ? *o.other : ui::ViewSource{};
    return ui::makeCompareScene(ui::makeCompareView(source, "Max in the shop", other, "Lily in the shop", cursor, say),
                                size, look);
  }
  ui::CanvasOptions canvas;
  canvas.strip.lens = o.lens;
  if (name == "central") return ui::makeCentralScene(source, cursor, canvas, size, look);
  if (name == "lower") return ui::makeLowerScene(source, cursor, canvas, size, look);
  throw std::runtime_error("no instrument " + name);
}

}  // namespace test
