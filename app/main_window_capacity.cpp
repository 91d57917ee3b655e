// The capacity factor and the rules, wherever in the window they are changed.
#include <QAction>
#include <QMenu>

#include "app/docks/capacity_dock.h"
#include "app/docks/hints_dock.h"
#include "app/instruments.h"
#include "app/main_window.h"
#include "ui/views/capacity_view.h"

namespace app {

void MainWindow::setCapacity(const core::CapacityOptions& options) { m_workbench->setCapacity(options); }

void MainWindow::setCapacityAsRecorded() { m_workbench->setCapacityAsRecorded(); }

// It stands where the inspector does; the hints, which stand there too, have been read by then.
void MainWindow::showCapacity() {
  m_hints->hide();
  m_capacity->startSetting();
}

// The list beside the Dispatch instrument: every rule with what it makes of this run.
void MainWindow::chooseRule() {
  const ui::Phrases& say = m_instruments->say();
  const ui::CapacityView view = ui::makeCapacityView(m_workbench->source(), m_workbench->cursor(), say);
  auto* menu = new QMenu(this);
  menu->setObjectName("ruleMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->setToolTipsVisible(true);
  const auto add = [&](const QString& text, const core::CapacityOptions& options, bool current) {
    QAction* action = menu->addAction(text, this, [this, options] { setCapacity(options); });
    action->setCheckable(true);
    action->setChecked(current);
    return action;
  };
  core::CapacityOptions options = m_workbench->capacityToEdit();
  for (const ui::CapacityRuleChoice& rule : view.rules) {
    options.rule = rule.rule;
    const bool current = view.options.active && view.options.rule == rule.rule;
    QAction* action = add(QString::fromStdString(rule.name + '\t' + rule.arithmetic), options, current);
    action->setEnabled(rule.whyNot.empty());
    action->setToolTip(QString::fromStdString(rule.whyNot.empty() ? rule.arithmetic : rule.whyNot));
  }
  menu->addSeparator();
  options.active = false;
  add(QString::fromStdString(say(ui::Say::NoRuleName)), options, !view.options.active);
  menu->popup(QCursor::pos());
}

}  // namespace app
