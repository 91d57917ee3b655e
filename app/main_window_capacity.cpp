// The capacity factor and the rules, wherever in the window they are changed.
#include <QAction>
#include <QMenu>
#include <QUndoStack>

#include "app/docks/capacity_dock.h"
#include "app/docks/hints_dock.h"
#include "app/instruments.h"
#include "app/main_window.h"
#include "ui/views/capacity_view.h"

namespace app {

namespace {

// One drag of the slider is one step back, whatever it passed on its way.
class CapacityChange : public QUndoCommand {
 public:
  CapacityChange(Workbench& workbench, const std::optional<core::CapacityOptions>& to)
      : QUndoCommand(MainWindow::tr("change the capacity")),
        m_workbench(workbench),
        m_run(workbench.recorded().sharedInfo()),
        m_before(workbench.capacityLaidOver()),
        m_after(to) {}

  int id() const override { return 1; }
  bool mergeWith(const QUndoCommand* next) override {
    const auto& other = static_cast<const CapacityChange&>(*next);
    if (other.m_run != m_run || !m_after || !other.m_after || m_after->rule != other.m_after->rule) return false;
    m_after = other.m_after;
    return true;
  }
  void redo() override { lay(m_after); }
  void undo() override { lay(m_before); }

 private:
  // It is about its own run; while another is shown there is nothing to see.
  void lay(const std::optional<core::CapacityOptions>& options) {
    if (m_workbench.recorded().sharedInfo() != m_run) return;
    if (options) {
      m_workbench.setCapacity(*options);
    } else {
      m_workbench.setCapacityAsRecorded();
    }
  }

  Workbench& m_workbench;
  const std::shared_ptr<const core::RunInfo> m_run;
  const std::optional<core::CapacityOptions> m_before;
  std::optional<core::CapacityOptions> m_after;
};

}  // namespace

void MainWindow::setCapacity(const core::CapacityOptions& options) {
  if (!m_workbench->trace().empty()) m_undo->push(new CapacityChange(*m_workbench, options));
}

void MainWindow::setCapacityAsRecorded() {
  if (m_workbench->capacityIsLaidOver()) m_undo->push(new CapacityChange(*m_workbench, std::nullopt));
}

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
