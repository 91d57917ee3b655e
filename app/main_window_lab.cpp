// The routing lab in the window: what its controls change can be taken back.
#include <QUndoStack>
#include <iterator>
#include <utility>

#include "app/canvas_widget.h"
#include "app/changed_run.h"
#include "app/close_calls_run.h"
#include "app/dialogs/line_dialog.h"
#include "app/docks/capacity_dock.h"
#include "app/docks/change_page.h"
#include "app/docks/close_calls_page.h"
#include "app/docks/compare_dock.h"
#include "app/docks/hints_dock.h"
#include "app/docks/inspector_dock.h"
#include "app/docks/knockout_page.h"
#include "app/docks/lab_dock.h"
#include "app/docks/lab_page.h"
#include "app/docks/placement_page.h"
#include "app/docks/policies_page.h"
#include "app/docks/push_page.h"
#include "app/knockout_run.h"
#include "app/lab.h"
#include "app/main_window.h"
#include "app/measures_job.h"
#include "app/policy_sweep.h"
#include "app/push_lens.h"
#include "app/qt_text_shaper.h"
#include "app/second_run.h"
#include "app/undo.h"
#include "core/engine/router_policy.h"

namespace app {
namespace {

// The one setting in which two policies of a kind differ; -1: none does, or several do.
int settingTurned(const core::Policy& a, const core::Policy& b) {
  const bool differs[] = {a.K != b.K,
                          a.temperature != b.temperature,
                          a.weights != b.weights,
                          a.groups.groups != b.groups.groups,
                          a.groups.groupsChosen != b.groups.groupsChosen,
                          a.groups.score != b.groups.score,
                          a.jitter != b.jitter,
                          a.lambda != b.lambda,
                          a.rounding != b.rounding,
                          a.factor != b.factor,
                          a.noise != b.noise,
                          a.threshold != b.threshold,
                          a.hash != b.hash,
                          a.seed != b.seed};
  int found = -1;
  for (size_t i = 0; i < std::size(differs); ++i) {
    if (!differs[i]) continue;
    if (found >= 0) return -1;
    found = static_cast<int>(i);
  }
  return found;
}

// One setting turned on and on is one step back.
class PolicyChange : public QUndoCommand {
 public:
  PolicyChange(Workbench& workbench, Lab& lab, const std::optional<core::ReplayOptions>& to)
      : QUndoCommand(MainWindow::tr("change the policy")),
        m_workbench(workbench),
        m_lab(lab),
        m_run(workbench.recorded().sharedInfo()),
        m_before(lab.change()),
        m_after(to) {}

  int id() const override { return 2; }
  bool mergeWith(const QUndoCommand* next) override {
    const auto& other = static_cast<const PolicyChange&>(*next);
    if (other.m_run != m_run || !m_before || !m_after || !other.m_after) return false;
    const core::PolicyKind kind = m_after->policy.kind;
    if (m_before->policy.kind != kind || other.m_after->policy.kind != kind) return false;
    const int turned = settingTurned(m_before->policy, m_after->policy);
    if (turned < 0 || turned != settingTurned(m_after->policy, other.m_after->policy)) return false;
    if (m_after->serving.order != other.m_after->serving.order || m_after->dropWeights != other.m_after->dropWeights)
      return false;
    m_after = other.m_after;
    return true;
  }
  void redo() override { ask(m_after); }
  void undo() override { ask(m_before); }

 private:
  // It is about its own run; while another is shown there is nothing to see.
  void ask(const std::optional<core::ReplayOptions>& change) {
    if (m_workbench.recorded().sharedInfo() == m_run) m_lab.setChange(change);
  }

  Workbench& m_workbench;
  Lab& m_lab;
  const std::shared_ptr<const core::RunInfo> m_run;
  const std::optional<core::ReplayOptions> m_before;
  std::optional<core::ReplayOptions> m_after;
};

}  // namespace

void MainWindow::makeLab() {
  m_lab = std::make_unique<Lab>(*m_workbench);
  m_labDock = new LabDock(this);
  m_labPage = new LabPage(*m_workbench, *m_lab, *m_instruments);
  m_labDock->addPage(tr("Replay"), m_labPage);
  m_sweep = std::make_unique<PolicySweep>(*m_workbench);
  m_policiesPage = new PoliciesPage(*m_workbench, *m_sweep, *m_instruments, *m_shaper, &m_pool);
  m_labDock->addPage(tr("All policies"), m_policiesPage);
  m_changed = std::make_unique<ChangedRun>(*m_workbench);
  m_changePage = new ChangePage(*m_workbench, *m_lab, *m_changed, *m_instruments, *m_shaper, &m_pool, *m_undo);
  m_labDock->addPage(tr("Run again, changed"), m_changePage);
  m_knockout = std::make_unique<KnockoutRun>(*m_workbench);
  m_knockoutPage = new KnockoutPage(*m_workbench, *m_knockout, *m_instruments, *m_shaper, &m_pool, *m_undo);
  m_labDock->addPage(tr("Knock-out"), m_knockoutPage);
  m_closeCalls = std::make_unique<CloseCallsRun>(*m_workbench);
  m_closeCallsPage = new CloseCallsPage(*m_workbench, *m_closeCalls, *m_instruments, *m_undo);
  m_labDock->addPage(tr("Close calls"), m_closeCallsPage);
  m_push = std::make_unique<PushLens>(*m_workbench, *m_lab);
  m_pushPage = new PushPage(*m_push, *m_instruments, *m_shaper, &m_pool);
  m_labDock->addPage(tr("Gradient"), m_pushPage);
  m_placementPage = new PlacementPage(*m_workbench, *m_instruments, new CanvasWidget(*m_shaper, &m_pool), *m_undo);
  m_labDock->addPage(tr("Placement"), m_placementPage);
  m_measuresJob = std::make_unique<MeasuresJob>();
  m_measures = new CanvasWidget(*m_shaper, &m_pool);
  m_measures->setObjectName("measuresCanvas");
  m_measures->setAccessibleName(tr("Measures of the routing"));
  m_labDock->addPage(tr("Measures"), m_measures);
  m_coactivation = new CanvasWidget(*m_shaper, &m_pool);
  m_coactivation->setObjectName("coactivationCanvas");
  m_coactivation->setAccessibleName(tr("Experts that are chosen together"));
  m_labDock->addPage(tr("Co-activation"), m_coactivation);
}

void MainWindow::connectLab() {
  connect(m_labPage, &LabPage::changeEdited, this, &MainWindow::setReplay);
  connect(m_labPage, &LabPage::capacityEdited, this, &MainWindow::setCapacity);
  connect(m_labPage, &LabPage::tryChosen, this, [this](const ui::LabTry& one) {
    m_undo->beginMacro(tr("go back to a try"));
    setReplay(one.change);
    setCapacity(one.capacity);
    m_undo->endMacro();
  });
  connect(m_labPage, &LabPage::keepAsked, this, &MainWindow::keepReplay);
  connect(m_labPage, &LabPage::exportAsked, this, &MainWindow::exportRun);
  connectCanvas(m_changePage->canvas(), CanvasPart::Own, ui::Instrument::Lab);
  connectCanvas(m_knockoutPage->canvas(), CanvasPart::Own, ui::Instrument::Lab);
  connectCanvas(m_policiesPage->canvas(), CanvasPart::Own, ui::Instrument::Lab);
  connectCanvas(m_pushPage->canvas(), CanvasPart::Own, ui::Instrument::Lab);
  connectCanvas(m_placementPage->canvas(), CanvasPart::Own, ui::Instrument::Placement);
  connectCanvas(*m_measures, CanvasPart::Own, ui::Instrument::Measures);
  connectCanvas(*m_coactivation, CanvasPart::Own, ui::Instrument::Coactivation);
  connect(m_placementPage, &PlacementPage::edited, this, [this](const ui::PlacementChoice& choice) {
    m_instruments->options.placement = choice;
    refreshPictures();
  });
  m_instruments->setMeasures(m_measuresJob.get());
  connect(m_measuresJob.get(), &MeasuresJob::arrived, this, &MainWindow::refreshPictures);
  connect(m_closeCalls.get(), &CloseCallsRun::failed, this, &MainWindow::report);
  connect(m_knockout.get(), &KnockoutRun::failed, this, &MainWindow::report);
  connect(m_changed.get(), &ChangedRun::failed, this, &MainWindow::report);
  connect(m_changed.get(), &ChangedRun::finished, this, &MainWindow::compareChanged);
  connect(m_changed.get(), &ChangedRun::changed, this, &MainWindow::showState);
  connect(m_lab.get(), &Lab::failed, this, &MainWindow::report);
  connect(m_labDock, &LabDock::roomTaken, this, &MainWindow::giveLabItsHeight);
}

// Sizes of docks can only be given to what is shown.
void MainWindow::giveLabItsHeight() {
  QTimer::singleShot(0, this, [this] {
    if (m_labDock->isVisible() && !m_labDock->isFloating()) resizeDocks({m_labDock}, {lowerHeight()}, Qt::Vertical);
  });
}

void MainWindow::showLabPictures() {
  m_changePage->showPicture();
  m_knockoutPage->showPicture();
  m_policiesPage->showPicture();
  m_pushPage->showPicture();
  showIn(m_placementPage->canvas(), CanvasPart::Own, ui::Instrument::Placement);
  showIn(*m_measures, CanvasPart::Own, ui::Instrument::Measures);
  showIn(*m_coactivation, CanvasPart::Own, ui::Instrument::Coactivation);
}

void MainWindow::setReplay(const std::optional<core::ReplayOptions>& change) {
  if (m_workbench->recorded().empty()) return;
  if (!change && !m_lab->change()) return;
  m_undo->push(new PolicyChange(*m_workbench, *m_lab, change));
}

// One of the small pictures was pressed: this policy as it begins, in every instrument.
void MainWindow::choosePolicy(core::PolicyKind kind) {
  if (m_workbench->recorded().empty()) return;
  setReplay(core::replayBy(core::defaultPolicy(kind, core::routerOfRun(m_workbench->recorded()))));
}

void MainWindow::keepReplay() {
  auto* ask =
      new LineDialog(tr("Keep the replay"), tr("Name of the replay, kept under its run"), m_lab->suggestedName(), this);
  ask->onDone([this](const QString& name) { m_lab->keep(name); });
  ask->open();
}

// The expert under the cursor, in the cursor's layer, wherever it would be chosen.
void MainWindow::banHere() {
  if (m_workbench->recorded().empty()) return;
  const ui::Cursor& at = m_workbench->cursor();
  core::Intervention ban;
  ban.kind = core::InterventionKind::Ban;
  ban.expert = at.expert;
  ban.firstLayer = ban.lastLayer = at.layer;
  m_changePage->runWith({ban});
}

// The changed run beside the one it was made from. Taken back, it is removed like any run that is, and what stood
// beside before it is there again.
void MainWindow::compareChanged(std::optional<core::RunId> row, const core::Trace& trace, const QString& name) {
  struct Beside {
    core::Trace trace;
    QString name;
    std::optional<core::RunId> id;
  };
  const Beside before{m_second->trace(), m_second->name(), m_second->id()};
  const auto redo = [this, row, trace, name, result = m_changed->last(), made = true]() mutable {
    if (!std::exchange(made, false)) {
      if (row) m_workbench->undoRemove(*row);
      m_changed->put(result);
    }
    m_second->show(trace, name, row);
    m_labDock->openPage(m_changePage);
    showCompare(true);
    giveLabItsHeight();
  };
  const auto undo = [this, row, before, parent = m_workbench->runId(), from = m_workbench->cursor(),
                     result = m_changed->before(), wasShown = !m_compare->isHidden()] {
    m_changed->put(result);
    if (row) {
      const bool open = m_workbench->runId() == row;
      m_workbench->removeRun(*row);
      if (open && parent) m_workbench->openRun(*parent, from);
    }
    if (before.trace.empty()) {
      m_second->clear();
    } else {
      m_second->show(before.trace, before.name, before.id);
    }
    showCompare(wasShown && !before.trace.empty());
  };
  change(*m_undo, tr("run again, changed"), redo, undo);
}

// The run itself, under whatever was decided again from it.
void MainWindow::showRecorded() {
  if (m_workbench->replayIsShown()) return setReplay(std::nullopt);
  const auto& row = m_workbench->row();
  if (row && row->origin && row->origin->kind == "replay")
    m_workbench->openRun(row->origin->parent, m_workbench->cursor());
}

}  // namespace app
