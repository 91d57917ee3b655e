// Makes the pictures of the two canvases from the workbench's run and cursor, and keeps what can be switched in them:
// the lens, the order, the range.
#pragma once

#include <optional>

#include "app/picture.h"
#include "app/workbench.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/views/inspector_view.h"

namespace app {

enum class CanvasPart { Central, Lower, Own, Compare };

class MeasuresJob;
class SecondRun;

class Instruments {
 public:
  Instruments(const Workbench& workbench, ui::TextShaper& shaper);

  void setTheme(const ui::Theme& theme) { m_theme = theme; }
  const ui::Theme& theme() const { return m_theme; }
  const ui::Phrases& say() const { return m_say; }
  ui::Look plainLook() const { return look(); }  // for pictures that are no instrument of the canvases

  // Lens, order, range, focus and which of two instruments in one place is shown.
  ui::CanvasOptions options;
  bool hints = false;  // numbered squares stand where the hints of the first start point

  // What the pointer stands on, and where; nothing once it has left.
  struct Pointer {
    ui::SceneId id = 0;
    CanvasPart canvas = CanvasPart::Central;
    ui::Point at;
    ui::Instrument own = ui::Instrument::None;  // of a canvas of its own
  };
  void setPointer(const std::optional<Pointer>& pointer) { m_pointer = pointer; }

  void nextRange();  // of the load: whole run, up to the cursor, the chosen range
  // Tokens that are chosen in the strip, in any order, kept inside the run; the load counts them.
  void setRange(int one, int other);
  void clearRange();
  bool hasRange() const { return options.strip.rangeFirst >= 0; }
  void setSecondRun(SecondRun* second) { m_second = second; }
  // Who works out what a picture of a canvas must not wait for, and has it made again when it is there. Pictures for
  // files and tables wait.
  void setMeasures(MeasuresJob* job) { m_measures = job; }

  // `keyboard`: the canvas has it, and the instrument that is used last shows so.
  Picture picture(CanvasPart canvas, ui::Size size, bool keyboard) const;
  Picture pictureOf(ui::Instrument instrument, ui::Size size, bool keyboard) const;  // in a canvas of its own
  QString title(ui::Instrument instrument) const;
  ui::AccessibleTable table(ui::Instrument instrument) const;  // all its numbers
  ui::InspectorView inspector() const;
  // One instrument alone, as it is set now.
  ui::Scene scene(ui::Instrument instrument, ui::Size size, bool live = true,
                  bool keyboard = false) const;  // live: it can be pressed

 private:
  ui::Look look() const;
  void addHints(ui::Scene& scene) const;

  const Workbench& m_workbench;
  SecondRun* m_second = nullptr;
  MeasuresJob* m_measures = nullptr;
  ui::TextShaper& m_shaper;
  ui::Theme m_theme;
  ui::Phrases m_say;
  std::optional<Pointer> m_pointer;
};

}  // namespace app
