// Where the time of the run went, on the device that made it. Runs are measured while this panel is open.
#pragma once

#include "app/docks/dock.h"
#include "ui/theme.h"

class QStackedWidget;
class QTableView;

namespace app {

class ProfileModel;
class ShareDelegate;
class Workbench;

class ProfileDock : public Dock {
  Q_OBJECT

 public:
  ProfileDock(Workbench& workbench, QWidget* parent);
  void setTheme(const ui::Theme& theme);
  const ProfileModel& model() const { return *m_model; }

 private:
  void makeTable();
  void showProfile();

  Workbench& m_workbench;
  ProfileModel* m_model = nullptr;
  QTableView* m_table = nullptr;
  ShareDelegate* m_shares = nullptr;
  QStackedWidget* m_pages = nullptr;  // what to do, or the table
};

}  // namespace app
