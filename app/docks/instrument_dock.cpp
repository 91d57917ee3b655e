#include "app/docks/instrument_dock.h"

#include <QVBoxLayout>

#include "app/canvas_widget.h"

namespace app {

const TearableInstrument kTearable[14] = {
    {ui::Instrument::TokenStrip, "tokens"},       {ui::Instrument::Router, "router"},
    {ui::Instrument::Dispatch, "dispatch"},       {ui::Instrument::Load, "load"},
    {ui::Instrument::LayersExperts, "layers"},    {ui::Instrument::TokensExperts, "experts"},
    {ui::Instrument::Ledger, "ledger"},           {ui::Instrument::LedgerOverLayers, "ledgerOverLayers"},
    {ui::Instrument::LoadByLayer, "loadByLayer"}, {ui::Instrument::DropsByPosition, "drops"},
    {ui::Instrument::Prediction, "prediction"},   {ui::Instrument::Placement, "placement"},
    {ui::Instrument::Measures, "measures"},       {ui::Instrument::Coactivation, "coactivation"},
};

InstrumentDock::InstrumentDock(ui::Instrument instrument, const QString& name, CanvasWidget* canvas, QWidget* parent)
    : Dock(name, {}, parent), m_instrument(instrument), m_canvas(canvas) {
  canvas->setAccessibleName(name);
  canvas->setMinimumSize(240, 160);
  body()->addWidget(canvas);
}

}  // namespace app
