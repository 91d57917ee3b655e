// A page of the lab: which decisions were close, as a table that leads to them.
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableWidget;
class QUndoStack;

namespace app {

class CloseCallsRun;
class Instruments;
class Workbench;

class CloseCallsPage : public QWidget {
  Q_OBJECT

 public:
  CloseCallsPage(Workbench& workbench, CloseCallsRun& run, const Instruments& instruments, QUndoStack& undo,
                 QWidget* parent = nullptr);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeLeft();
  void makeTable();
  void start();
  void goTo(int row);
  void showState();

  Workbench& m_workbench;
  CloseCallsRun& m_run;
  const Instruments& m_instruments;
  QComboBox* m_what = nullptr;
  QLineEdit* m_text = nullptr;
  QPushButton* m_start = nullptr;
  QLabel* m_why = nullptr;
  QLabel* m_words = nullptr;
  QWidget* m_progressRow = nullptr;
  QProgressBar* m_bar = nullptr;
  QTableWidget* m_table = nullptr;
};

}  // namespace app
