// A page of the lab: which expert mattered for the token at the cursor.
#pragma once

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QUndoStack;

namespace core {
class ThreadPool;
}
namespace ui {
class TextShaper;
}

namespace app {

class CanvasWidget;
class Instruments;
class KnockoutRun;
class Workbench;

class KnockoutPage : public QWidget {
  Q_OBJECT

 public:
  KnockoutPage(Workbench& workbench, KnockoutRun& run, const Instruments& instruments, ui::TextShaper& shaper,
               core::ThreadPool* pool, QUndoStack& undo, QWidget* parent = nullptr);
  void startChoosing();
  CanvasWidget& canvas() { return *m_canvas; }
  void showPicture();  // anew: also where the theme is another

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeLeft();
  void start();
  void turnTo(const QString& words, int before, int now);  // can be taken back
  void showState();

  Workbench& m_workbench;
  KnockoutRun& m_run;
  const Instruments& m_instruments;
  QUndoStack& m_undo;
  QComboBox* m_layers = nullptr;
  QCheckBox* m_onlyToken = nullptr;
  QPushButton* m_start = nullptr;
  QComboBox* m_sweeps = nullptr;
  QLabel* m_why = nullptr;
  QLabel* m_words = nullptr;
  QWidget* m_progressRow = nullptr;
  QProgressBar* m_bar = nullptr;
  CanvasWidget* m_canvas = nullptr;
};

}  // namespace app
