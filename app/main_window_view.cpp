// What the instruments show, and how much of it: the lens of the tokens, scales, what is in view, and which of two
// instruments stands in a place that they share.
#include <QActionGroup>
#include <QMenu>
#include <cmath>

#include "app/canvas_widget.h"
#include "app/commands.h"
#include "app/docks/compare_dock.h"
#include "app/docks/instrument_dock.h"
#include "app/main_window.h"
#include "ui/instruments/scrolling.h"

namespace app {
namespace {

using Shown = std::shared_ptr<const core::RunInfo>;
constexpr float kNotch = 1.25f, kKeyZoom = 1.5f, kKeyScroll = 2;

const app::PicturePart* partOf(const CanvasWidget& canvas, ui::Instrument instrument) {
  for (const PicturePart& part : canvas.parts()) {
    if (part.instrument == instrument) return &part;
  }
  return nullptr;
}

}  // namespace

void MainWindow::connectViewCommands() {
  Commands& on = *m_commands;
  ui::CanvasOptions& options = m_instruments->options;
  on.on(Command::ChooseLens, [this] { chooseLens(); });
  on.on(Command::RouterOrder, [this, &options] {
    options.routerByScore = !options.routerByScore;
    refreshPictures();
  });
  on.on(Command::LoadRange, [this] {
    m_instruments->nextRange();
    refreshPictures();
  });
  on.on(Command::HeatScale, [this, &options] {
    options.heat.global = !options.heat.global;
    refreshPictures();
  });
  on.on(Command::ZoomIn, [this] { zoomBy(kKeyZoom); });
  on.on(Command::ZoomOut, [this] { zoomBy(1 / kKeyZoom); });
  on.on(Command::ZoomAll, [this] { zoomBy(0); });
  on.on(Command::ScrollOn, [this] { scrollFocused(kKeyScroll); });
  on.on(Command::ScrollBack, [this] { scrollFocused(-kKeyScroll); });
  on.on(Command::OtherHeatMap, [this] { showOtherHeatMap(); });
  on.on(Command::OtherLower, [this] { showOtherLower(); });
  // Whoever moves the cursor wants to see it; what is in view already stays where it is.
  connect(m_workbench.get(), &Workbench::cursorMoved, this, [this, &options] {
    const int token = m_workbench->cursor().token;
    if (!ui::showsToken(m_band->scene(), ui::Instrument::TokenStrip, token)) options.strip.scrolledTo = -1;
    if (!ui::showsToken(m_band->scene(), ui::Instrument::TokensExperts, token)) options.heat.first = -1;
  });
  // Another run is seen whole at first.
  connect(m_workbench.get(), &Workbench::traceChanged, this, [this, &options, run = Shown()]() mutable {
    if (std::exchange(run, m_workbench->recorded().sharedInfo()) == run) return;
    options.heat.zoom = 1;
    options.heat.first = options.strip.scrolledTo = -1;
    options.measuresScrolled = 0;
  });
}

void MainWindow::chooseLens() {
  auto* menu = new QMenu(this);
  menu->setObjectName("lensMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const std::pair<QString, ui::Lens> lenses[] = {
      {tr("1st expert"), ui::Lens::FirstExpert}, {tr("Surprisal"), ui::Lens::Surprisal},
      {tr("Router entropy"), ui::Lens::Entropy}, {tr("Margin"), ui::Lens::Margin},
      {tr("Weight"), ui::Lens::Weight},          {tr("Shared share"), ui::Lens::SharedShare},
      {tr("Dropped choices"), ui::Lens::Dropped}};
  for (const auto& [text, lens] : lenses) {
    QAction* action = menu->addAction(text, this, [this, lens = lens] {
      m_instruments->options.strip.lens = lens;
      refreshPictures();
    });
    action->setCheckable(true);
    action->setChecked(m_instruments->options.strip.lens == lens);
    if (action->isChecked()) menu->setActiveAction(action);
  }
  const ui::ElementId word{
      ui::Instrument::TokenStrip, ui::Element::Action, -1, -1, -1, static_cast<int>(ui::Action::ChangeLens)};
  const auto place = m_band->placeOf(word);
  menu->popup(place ? m_band->mapToGlobal(place->bottomLeft()) : QCursor::pos());
}

// The band's own map, or the one in a window of its own.
void MainWindow::zoomBy(float factor) {
  ui::TokensExpertsOptions& heat = m_instruments->options.heat;
  if (factor > 0) {
    for (const CanvasWidget* canvas : canvases()) {
      if (!canvas->isVisible() || !partOf(*canvas, ui::Instrument::TokensExperts)) continue;
      ui::zoomTokensExperts(heat, canvas->scene(), std::nullopt, factor);
      break;
    }
  } else {
    heat.zoom = 1;
    heat.first = -1;
  }
  refreshPictures();
}

void MainWindow::wheeledOver(const CanvasWidget& canvas, const ui::ElementId& id, QPointF at, QPointF notches,
                             Qt::KeyboardModifiers modifiers) {
  ui::CanvasOptions& options = m_instruments->options;
  const auto right = static_cast<float>(-notches.x()), down = static_cast<float>(-notches.y());
  const bool along = right != 0 || modifiers.testFlag(Qt::ShiftModifier);
  const float by = right != 0 ? right : down;
  if (id.instrument == ui::Instrument::TokenStrip) {
    ui::scrollTokenStrip(options.strip, canvas.scene(), by);
  } else if (id.instrument == ui::Instrument::TokensExperts && along) {
    ui::panTokensExperts(options.heat, canvas.scene(), by);
  } else if (id.instrument == ui::Instrument::TokensExperts) {
    ui::zoomTokensExperts(options.heat, canvas.scene(), static_cast<float>(at.x()), std::pow(kNotch, -down));
  } else if (id.instrument == ui::Instrument::Measures) {
    ui::scrollMeasures(options.measuresScrolled, canvas.scene(), down);
  } else {
    return;
  }
  refreshPictures();
}

// What the wheel does, by key, in the instrument that has the keyboard.
void MainWindow::scrollFocused(float notches) {
  ui::CanvasOptions& options = m_instruments->options;
  for (const CanvasWidget* canvas : canvases()) {
    if (!canvas->hasFocus() || !partOf(*canvas, options.focus)) continue;
    if (options.focus == ui::Instrument::TokenStrip) ui::scrollTokenStrip(options.strip, canvas->scene(), notches);
    if (options.focus == ui::Instrument::TokensExperts) ui::panTokensExperts(options.heat, canvas->scene(), notches);
    if (options.focus == ui::Instrument::Measures) {
      ui::scrollMeasures(options.measuresScrolled, canvas->scene(), notches);
    }
  }
  refreshPictures();
}

// A press on "12 more": on by half of what is in view, from the end back to the start.
void MainWindow::scrollMeasures(const ui::ElementId& rest) {
  int& scrolled = m_instruments->options.measuresScrolled;
  for (const CanvasWidget* canvas : canvases()) {
    if (!canvas->placeOf(rest)) continue;
    ui::scrollMeasures(scrolled, canvas->scene(), rest.value > 0 ? 2 : -1000);
    break;
  }
  refreshPictures();
}

// Of two instruments that share a place where it is narrow.
void MainWindow::showOther(const CanvasWidget& canvas, ui::Instrument one, ui::Instrument other, ui::Instrument& shown,
                           const QString& bothInView) {
  if (partOf(canvas, one) && partOf(canvas, other)) {
    emit m_workbench->noted(bothInView);
    return;
  }
  shown = shown == one ? other : one;
  refreshPictures();
}

void MainWindow::showOtherHeatMap() {
  showOther(*m_band, ui::Instrument::LayersExperts, ui::Instrument::TokensExperts, m_instruments->options.heatShown,
            tr("Both heat maps are in view."));
}

void MainWindow::showOtherLower() {
  showOther(*m_lower, ui::Instrument::Prediction, ui::Instrument::Ledger, m_instruments->options.lowerShown,
            tr("Ledger and prediction are both in view."));
}

// A canvas that takes the keyboard: what was used last in it goes on being used, else its first instrument.
void MainWindow::useFirstOf(const CanvasWidget& canvas) {
  ui::Instrument& used = m_instruments->options.focus;
  if (!partOf(canvas, used) && !canvas.parts().empty()) used = canvas.parts().front().instrument;
}

// F6 goes from panel to panel: each instrument of the canvases, then the docks that are open.
void MainWindow::focusNextPanel(int by) {
  struct Panel {
    QWidget* widget = nullptr;
    ui::Instrument instrument = ui::Instrument::None;
  };
  std::vector<Panel> panels;
  std::vector<CanvasWidget*> shown{m_band, &m_compare->canvas(), m_lower};
  for (InstrumentDock* dock : m_tornOut) shown.push_back(&dock->canvas());
  for (CanvasWidget* canvas : shown) {
    if (!canvas->isVisible()) continue;
    for (const PicturePart& part : canvas->parts()) panels.push_back({canvas, part.instrument});
  }
  for (const char* name : {"inspectorTable", "promptEditor", "sessionList", "questionField", "bookmarkList"}) {
    auto* widget = findChild<QWidget*>(name);
    if (widget && widget->isVisible()) panels.push_back({widget});
  }
  if (panels.empty()) return;
  ui::Instrument& used = m_instruments->options.focus;
  const auto found = std::find_if(panels.begin(), panels.end(), [&](const Panel& panel) {
    return panel.widget == focusWidget() && (panel.instrument == ui::Instrument::None || panel.instrument == used);
  });
  const auto count = static_cast<ptrdiff_t>(panels.size());
  const ptrdiff_t at = found == panels.end() ? 0 : found - panels.begin() + by;
  const Panel& next = panels[static_cast<size_t>((at + count) % count)];
  if (next.instrument != ui::Instrument::None) used = next.instrument;
  next.widget->setFocus(Qt::TabFocusReason);
  refreshPictures();
}

}  // namespace app
