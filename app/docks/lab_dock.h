// The routing lab. While it is docked at the bottom it takes the room of ledger and prediction, which a replay has none
// of; closing it brings them back.
#pragma once

#include "app/docks/dock.h"

class QStackedWidget;
class QTabBar;

namespace app {

class LabDock : public Dock {
  Q_OBJECT

 public:
  explicit LabDock(QWidget* parent);

  void addPage(const QString& title, QWidget* page);
  void openPage(QWidget* page);  // shows the dock and takes the keyboard there
  // What gives way to the lab while it is docked.
  void setDisplaced(const QList<QWidget*>& widgets) { m_displaced = widgets; }
  void leave();  // closes it, and the others are back at once

 signals:
  void roomTaken();

 private:
  void makeRoom();

  QTabBar* m_tabs = nullptr;
  QStackedWidget* m_pages = nullptr;
  QList<QWidget*> m_displaced, m_hidden;
};

}  // namespace app
