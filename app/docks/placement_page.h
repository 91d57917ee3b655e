// A page of the lab: experts on several devices, as a model of cost. Its picture is the instrument Placement, which can
// also stand in a window of its own.
#pragma once

#include <QWidget>
#include <memory>

#include "ui/views/placement_view.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSpinBox;
class QUndoStack;

namespace app {

class CanvasWidget;
class EngineThread;
class Instruments;
class Workbench;

class PlacementPage : public QWidget {
  Q_OBJECT

 public:
  // `canvas` shows the instrument; the page takes it.
  PlacementPage(Workbench& workbench, const Instruments& instruments, CanvasWidget* canvas, QUndoStack& undo,
                QWidget* parent = nullptr);
  ~PlacementPage() override;
  CanvasWidget& canvas() { return *m_canvas; }
  void startChoosing();  // the list of rules takes the keyboard

 signals:
  void edited(const ui::PlacementChoice& choice);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeLeft();
  void showState();
  friend class PlacementChange;
  struct Asked {
    ui::PlacementChoice choice;
    QString file;  // that its map was read from
  };
  void choose();               // what the controls say
  void ask(const Asked& to);   // can be taken back
  void take(const Asked& to);  // the picture follows
  void chooseRule();
  void readFile();
  void browse();

  Workbench& m_workbench;
  const Instruments& m_instruments;
  QUndoStack& m_undo;
  CanvasWidget* const m_canvas;
  QComboBox* m_rule = nullptr;
  QWidget* m_fileRow = nullptr;
  QLineEdit* m_file = nullptr;
  QSpinBox* m_devices = nullptr;
  QSpinBox* m_width = nullptr;
  QComboBox* m_type = nullptr;
  QCheckBox* m_limited = nullptr;
  QDoubleSpinBox* m_factor = nullptr;
  QLabel* m_problem = nullptr;
  Asked m_asked;
  bool m_showing = false;  // what changes now was not changed by the user
  int m_serial = 0;
  std::unique_ptr<EngineThread> m_reader;  // last, so that it is joined first
};

}  // namespace app
