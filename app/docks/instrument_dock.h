// One instrument in a canvas of its own: torn out of the window, as large as one likes, in a dock or floating.
#pragma once

#include "app/docks/dock.h"
#include "ui/scene/element_id.h"

namespace app {

class CanvasWidget;

class InstrumentDock : public Dock {
  Q_OBJECT

 public:
  InstrumentDock(ui::Instrument instrument, const QString& name, CanvasWidget* canvas, QWidget* parent);

  ui::Instrument instrument() const { return m_instrument; }
  CanvasWidget& canvas() { return *m_canvas; }

 private:
  const ui::Instrument m_instrument;
  CanvasWidget* const m_canvas;
};

// Those that can be torn out, and the names they are kept under in the settings.
struct TearableInstrument {
  ui::Instrument instrument;
  const char* key;
};
extern const TearableInstrument kTearable[14];

}  // namespace app
