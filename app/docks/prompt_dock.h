// Where a prompt is written and run.
#pragma once

#include "app/docks/dock.h"
#include "core/engine/engine.h"

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace app {

class ChatRow;
class Workbench;

class PromptDock : public Dock {
  Q_OBJECT

 public:
  PromptDock(Workbench& workbench, QWidget* parent);

  void startWriting();  // the editor takes the keyboard, its text is selected
  // What runs from here keep, and whether the tensors of full ones go into the database as well.
  void setCapture(core::Capture capture, bool storeFull) {
    m_capture = capture;
    m_storeFull = storeFull;
  }
  void setText(const QString& text);
  void run();
  void runSample();

 private:
  void showState();
  void showRun();

  Workbench& m_workbench;
  QPlainTextEdit* m_editor = nullptr;
  ChatRow* m_chat = nullptr;
  QSpinBox* m_generate = nullptr;
  QCheckBox* m_keep = nullptr;
  QCheckBox* m_simulate = nullptr;
  QDoubleSpinBox* m_factor = nullptr;
  QPushButton* m_run = nullptr;
  QLabel* m_hint = nullptr;
  core::Capture m_capture = core::Capture::Ledger;
  bool m_storeFull = false;
  bool m_edited = false;  // by the user, since the last run
};

}  // namespace app
