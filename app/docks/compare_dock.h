// Two runs side by side. While it is docked it takes the room of the instruments; closing it brings them back.
#pragma once

#include "app/docks/dock.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace core {
class ThreadPool;
}
namespace ui {
class TextShaper;
}

namespace app {

class CanvasWidget;
class SecondRun;

class CompareDock : public Dock {
  Q_OBJECT

 public:
  CompareDock(SecondRun& second, ui::TextShaper& shaper, core::ThreadPool* pool, QWidget* parent);
  CanvasWidget& canvas() { return *m_canvas; }

  // What gives way to the comparison while it is docked.
  void setDisplaced(const QList<QWidget*>& widgets) { m_displaced = widgets; }
  void leave();  // closes it, and the others are back at once

 signals:
  void chooseAsked();

 private:
  void showState();
  void makeRoom();

  SecondRun& m_second;
  CanvasWidget* m_canvas = nullptr;
  QLabel* m_verdict = nullptr;
  QPushButton* m_cancel = nullptr;
  QList<QWidget*> m_displaced, m_hidden;
};

}  // namespace app
