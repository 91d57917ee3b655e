// All stored runs; searching, and opening one where it was left.
#pragma once

#include "app/docks/dock.h"

class QLabel;
class QLineEdit;
class QListView;
class QModelIndex;

namespace app {

class SessionModel;
class Workbench;

class SessionsDock : public Dock {
  Q_OBJECT

 public:
  SessionsDock(Workbench& workbench, QWidget* parent);

 private:
  void showRows();
  void openIndex(const QModelIndex& index);
  void showMenu(const QPoint& at);

  Workbench& m_workbench;
  SessionModel* m_model = nullptr;
  QLineEdit* m_search = nullptr;
  QListView* m_list = nullptr;
  QLabel* m_empty = nullptr;
};

}  // namespace app
