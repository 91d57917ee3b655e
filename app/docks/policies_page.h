// A page of the lab: every policy that can be decided on the run, side by side.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;

namespace core {
class ThreadPool;
}
namespace ui {
class TextShaper;
}

namespace app {

class CanvasWidget;
class Instruments;
class PolicySweep;
class Workbench;

class PoliciesPage : public QWidget {
  Q_OBJECT

 public:
  PoliciesPage(Workbench& workbench, PolicySweep& sweep, const Instruments& instruments, ui::TextShaper& shaper,
               core::ThreadPool* pool, QWidget* parent = nullptr);
  CanvasWidget& canvas() { return *m_canvas; }
  void showPicture();  // anew: also where the theme is another

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void showState();

  Workbench& m_workbench;
  PolicySweep& m_sweep;
  const Instruments& m_instruments;
  QWidget* m_progressRow = nullptr;
  QProgressBar* m_bar = nullptr;
  CanvasWidget* m_canvas = nullptr;
};

}  // namespace app
