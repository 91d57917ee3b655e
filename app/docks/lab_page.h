// A page of the lab: the controls of a replay, what it is and is not, and the table of what was tried.
#pragma once

#include <QWidget>

#include "core/trace/trace.h"
#include "ui/views/lab_view.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace app {

class Instruments;
class Lab;
class LabControls;
class Workbench;

class LabPage : public QWidget {
  Q_OBJECT

 public:
  LabPage(Workbench& workbench, Lab& lab, const Instruments& instruments, QWidget* parent = nullptr);
  void startChoosing();  // the list of policies takes the keyboard

 signals:
  void changeEdited(const std::optional<core::ReplayOptions>& change);
  void capacityEdited(const core::CapacityOptions& options);
  void tryChosen(const ui::LabTry& one);
  void keepAsked();
  void exportAsked();

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  QWidget* makeWords();
  void makeTable();
  void showLab();
  void fillTable(const ui::LabView& view);

  Workbench& m_workbench;
  Lab& m_lab;
  const Instruments& m_instruments;
  LabControls* m_controls = nullptr;
  QLabel* m_name = nullptr;
  QLabel* m_problem = nullptr;
  QLabel* m_about = nullptr;
  QWidget* m_progressRow = nullptr;
  QProgressBar* m_bar = nullptr;
  QPushButton* m_reset = nullptr;
  QPushButton* m_keep = nullptr;
  QTableWidget* m_table = nullptr;
};

}  // namespace app
