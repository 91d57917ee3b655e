// Every number at the cursor, to read and to copy.
#pragma once

#include "app/docks/dock.h"
#include "ui/theme.h"

class QTableView;

namespace app {

class InspectorModel;
class Instruments;
class NumberDelegate;
class Workbench;

class InspectorDock : public Dock {
  Q_OBJECT

 public:
  InspectorDock(Workbench& workbench, const Instruments& instruments, QWidget* parent);
  void setTheme(const ui::Theme& theme);
  const InspectorModel& model() const { return *m_model; }

 private:
  void showCursor();

  Workbench& m_workbench;
  const Instruments& m_instruments;
  InspectorModel* m_model = nullptr;
  QTableView* m_table = nullptr;
  NumberDelegate* m_numbers = nullptr;
  NumberDelegate* m_hooks = nullptr;
};

}  // namespace app
