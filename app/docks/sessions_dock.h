// All stored runs: searching, sorting, filtering, changing, and opening one where it was left.
#pragma once

#include "app/docks/dock.h"
#include "app/run_edits.h"

class QAction;
class QLabel;
class QLineEdit;
class QListView;
class QMenu;
class QModelIndex;
class QToolButton;

namespace app {

class SessionModel;

class SessionsDock : public Dock {
  Q_OBJECT

 public:
  SessionsDock(Workbench& workbench, RunEdits& edits, QWidget* parent);

  void askName(core::RunId id);
  void askTags(core::RunId id);
  void askNote(core::RunId id);
  // The menu of one run, as the context menu shows it.
  QMenu* makeRunMenu(core::RunId id);

 signals:
  void compareAsked(core::RunId id);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void list();
  void showRows();
  void fillSortMenu();
  void fillFilterMenu();
  void openIndex(const QModelIndex& index);
  bool isFiltered() const;

  Workbench& m_workbench;
  RunEdits& m_edits;
  SessionModel* m_model = nullptr;
  QLineEdit* m_search = nullptr;
  QToolButton* m_sort = nullptr;
  QToolButton* m_filterButton = nullptr;
  QListView* m_list = nullptr;
  QLabel* m_empty = nullptr;
  core::RunFilter m_filter;
  core::ListOptions m_options;
};

}  // namespace app
