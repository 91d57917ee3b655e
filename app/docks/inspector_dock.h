// Every number at the cursor, to read and to copy.
#pragma once

#include "app/docks/dock.h"
#include "ui/theme.h"

class QLabel;
class QStackedWidget;
class QTableView;

namespace app {

class FaintDelegate;
class InspectorModel;
class Instruments;
class ValueDelegate;
class Workbench;

class InspectorDock : public Dock {
  Q_OBJECT

 public:
  InspectorDock(Workbench& workbench, const Instruments& instruments, QWidget* parent);
  void setTheme(const ui::Theme& theme);
  const InspectorModel& model() const { return *m_model; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void showCursor();
  void fitColumns();
  void copy() const;

  const Instruments& m_instruments;
  InspectorModel* m_model = nullptr;
  QTableView* m_table = nullptr;
  QLabel* m_empty = nullptr;
  QStackedWidget* m_pages = nullptr;  // the table, or why there is none
  ValueDelegate* m_values = nullptr;
  FaintDelegate* m_hooks = nullptr;
  FaintDelegate* m_words = nullptr;
};

}  // namespace app
