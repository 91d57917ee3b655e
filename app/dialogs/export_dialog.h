// Asks how a run is exported: format, tokens, layers, with the prompt's text or without, and where to.
#pragma once

#include <QDialog>

#include "app/export_job.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace app {

class Workbench;

class ExportDialog : public QDialog {
  Q_OBJECT

 public:
  // `range`: the tokens that are chosen in the strip, both included; -1: none.
  ExportDialog(Workbench& workbench, int rangeFirst, int rangeLast, QWidget* parent);

 private:
  enum Scope { Whole, Range, AtCursor };
  void showChoices();
  void pickFile();
  void write();
  void written(const core::Status& status, const QString& file);
  core::TraceRange range() const;

  Workbench& m_workbench;
  const core::Trace m_trace;
  QComboBox* m_format = nullptr;
  QComboBox* m_scope = nullptr;
  QSpinBox *m_firstToken = nullptr, *m_lastToken = nullptr, *m_firstLayer = nullptr, *m_lastLayer = nullptr;
  QCheckBox* m_prompt = nullptr;
  QLabel* m_promptNote = nullptr;
  QLabel* m_rangeNote = nullptr;
  QLabel* m_message = nullptr;
  QLineEdit* m_file = nullptr;
  QPushButton* m_write = nullptr;
};

}  // namespace app
