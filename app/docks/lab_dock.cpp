#include "app/docks/lab_dock.h"

#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

namespace app {

LabDock::LabDock(QWidget* parent) : Dock(tr("Routing lab"), "labDock", parent) {
  m_tabs = new QTabBar;
  m_tabs->setObjectName("labTabs");
  m_tabs->setAccessibleName(tr("Pages of the lab"));
  m_tabs->setDrawBase(false);
  m_tabs->setExpanding(false);
  addTitleWidget(m_tabs);
  m_pages = new QStackedWidget;
  body()->addWidget(m_pages);
  connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
  connect(this, &QDockWidget::visibilityChanged, this, &LabDock::makeRoom);
  connect(this, &QDockWidget::topLevelChanged, this, &LabDock::makeRoom);
}

void LabDock::addPage(const QString& title, QWidget* page) {
  m_pages->addWidget(page);
  m_tabs->addTab(title);
}

void LabDock::openPage(QWidget* page) {
  m_tabs->setCurrentIndex(m_pages->indexOf(page));
  show();
  raise();
  makeRoom();
}

// A tab that is turned away or a minimised window hides nothing: isHidden() is what was asked for.
void LabDock::makeRoom() {
  const bool takes = !isHidden() && !isFloating();
  if (takes == !m_hidden.isEmpty()) return;
  if (takes) {
    for (QWidget* widget : m_displaced) {
      if (widget->isHidden()) continue;
      m_hidden.push_back(widget);
      widget->hide();
    }
    emit roomTaken();
  } else {
    const QList<QWidget*> hidden = std::exchange(m_hidden, {});
    for (auto widget = hidden.rbegin(); widget != hidden.rend(); ++widget) (*widget)->show();
  }
}

void LabDock::leave() {
  hide();
  makeRoom();
}

}  // namespace app
