// Instruments in windows of their own, and how the canvases of the window are wired: each shows what the workbench
// holds, answers clicks, and lights up together with the others.
#include <QAction>
#include <QMenu>

#include "app/canvas_widget.h"
#include "app/docks/change_page.h"
#include "app/docks/compare_dock.h"
#include "app/docks/instrument_dock.h"
#include "app/docks/knockout_page.h"
#include "app/docks/placement_page.h"
#include "app/docks/policies_page.h"
#include "app/docks/push_page.h"
#include "app/instruments.h"
#include "app/main_window.h"
#include "app/qt_text_shaper.h"

namespace app {
namespace {

constexpr QSize kTornOutSize{760, 520};

QString objectNameOf(const TearableInstrument& tearable) {
  return QStringLiteral("instrument-") + QLatin1String(tearable.key);
}

}  // namespace

std::vector<CanvasWidget*> MainWindow::canvases() const {
  std::vector<CanvasWidget*> all{m_band,
                                 m_lower,
                                 &m_compare->canvas(),
                                 &m_changePage->canvas(),
                                 &m_knockoutPage->canvas(),
                                 &m_policiesPage->canvas(),
                                 &m_pushPage->canvas(),
                                 &m_placementPage->canvas(),
                                 m_measures,
                                 m_coactivation};
  for (InstrumentDock* dock : m_tornOut) all.push_back(&dock->canvas());
  return all;
}

void MainWindow::refreshPictures() {
  for (CanvasWidget* canvas : canvases()) canvas->refresh();
}

void MainWindow::connectCanvas(CanvasWidget& canvas, CanvasPart part, ui::Instrument own) {
  connect(&canvas, &CanvasWidget::hovered, this, [this, part, own](const ui::ElementId& id, QPointF at) {
    // The same row lights up in every instrument.
    const ui::Point point{static_cast<float>(at.x()), static_cast<float>(at.y())};
    const Instruments::Pointer pointer{id.pack(), part, point, own};
    m_instruments->setPointer(id.element == ui::Element::None ? std::nullopt : std::optional(pointer));
    refreshPictures();
  });
  connect(&canvas, &CanvasWidget::clicked, this, [this](const ui::ElementId& id, Qt::KeyboardModifiers modifiers) {
    const bool inStrip = id.instrument == ui::Instrument::TokenStrip && id.token >= 0;
    if (inStrip && modifiers.testFlag(Qt::ShiftModifier)) return extendRange(id.token);
    clickedOn(id);
  });
  connect(&canvas, &CanvasWidget::focused, this, [this, &canvas] { useFirstOf(canvas); });
  connect(&canvas, &CanvasWidget::wheeled, this,
          [this, &canvas](const ui::ElementId& id, QPointF at, QPointF notches, Qt::KeyboardModifiers modifiers) {
            wheeledOver(canvas, id, at, notches, modifiers);
          });
  connect(&canvas, &CanvasWidget::doubleClicked, this, [this](const ui::ElementId& id) {
    if (id.element == ui::Element::Title) tearOut(id.instrument);
  });
  connect(&canvas, &CanvasWidget::dragged, this,
          [this](const ui::ElementId& from, const ui::ElementId& under, Qt::KeyboardModifiers modifiers) {
            const bool slider = from.element == ui::Element::Factor;
            if (slider != (under.element == ui::Element::Factor)) return;
            if (from.instrument != under.instrument || under.element == ui::Element::Action) return;
            const bool inStrip = from.instrument == ui::Instrument::TokenStrip && from.token >= 0 && under.token >= 0;
            if (inStrip && modifiers.testFlag(Qt::ShiftModifier)) return dragRange(from.token, under.token);
            if (under.element != ui::Element::Candidate) clickedOn(under);
          });
}

void MainWindow::showIn(CanvasWidget& canvas, CanvasPart part, ui::Instrument own) {
  canvas.setPicture(
      [this, part, own, &canvas](ui::Size size) {
        const bool keyboard = canvas.hasFocus();
        return part == CanvasPart::Own ? m_instruments->pictureOf(own, size, keyboard)
                                       : m_instruments->picture(part, size, keyboard);
      },
      [this](ui::Instrument instrument) { return m_instruments->table(instrument); }, m_instruments->theme().bg1);
}

InstrumentDock* MainWindow::instrumentDock(const TearableInstrument& tearable) {
  for (InstrumentDock* dock : m_tornOut) {
    if (dock->instrument() == tearable.instrument) return dock;
  }
  auto* canvas = new CanvasWidget(*m_shaper, &m_pool);
  canvas->setObjectName(objectNameOf(tearable) + "-canvas");
  const QString name = m_instruments->title(tearable.instrument);
  auto* dock = new InstrumentDock(tearable.instrument, name, canvas, this);
  dock->setObjectName(objectNameOf(tearable));
  dock->useSystemTitle();
  showIn(*canvas, CanvasPart::Own, tearable.instrument);
  connectCanvas(*canvas, CanvasPart::Own, tearable.instrument);
  usePainter(*canvas);
  addDockWidget(Qt::RightDockWidgetArea, dock);
  dock->hide();
  m_tornOut.push_back(dock);
  return dock;
}

void MainWindow::tearOut(ui::Instrument instrument) {
  for (const TearableInstrument& tearable : kTearable) {
    if (tearable.instrument != instrument) continue;
    const size_t before = m_tornOut.size();
    InstrumentDock* dock = instrumentDock(tearable);
    if (m_tornOut.size() > before) {
      dock->setFloating(true);
      dock->resize(kTornOutSize * m_settings.textScale);
      undoLayoutOf(*dock);
    }
    if (dock->isHidden()) showUndoably(*dock, true);
    dock->raise();
    dock->canvas().setFocus();
  }
}

// Docks must exist before a layout that knows them is restored.
void MainWindow::makeTornOut(const QStringList& keys) {
  for (const TearableInstrument& tearable : kTearable) {
    if (keys.contains(QLatin1String(tearable.key))) instrumentDock(tearable);
  }
}

QStringList MainWindow::tornOutKeys() const {
  QStringList keys;
  for (const TearableInstrument& tearable : kTearable) {
    for (const InstrumentDock* dock : m_tornOut) {
      if (dock->instrument() == tearable.instrument && !dock->isHidden()) keys << QLatin1String(tearable.key);
    }
  }
  return keys;
}

void MainWindow::addTearMenu(QMenu& menu) {
  menu.setObjectName("tearMenu");
  for (const TearableInstrument& tearable : kTearable) {
    menu.addAction(m_instruments->title(tearable.instrument), this,
                   [this, instrument = tearable.instrument] { tearOut(instrument); });
  }
}

}  // namespace app
