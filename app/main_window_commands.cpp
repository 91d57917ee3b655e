// What each command of the table does.
#include <QUndoStack>

#include "app/canvas_widget.h"
#include "app/changed_run.h"
#include "app/close_calls_run.h"
#include "app/commands.h"
#include "app/cursor_history.h"
#include "app/docks/capacity_dock.h"
#include "app/docks/change_page.h"
#include "app/docks/close_calls_page.h"
#include "app/docks/compare_dock.h"
#include "app/docks/hints_dock.h"
#include "app/docks/knockout_page.h"
#include "app/docks/lab_dock.h"
#include "app/docks/lab_page.h"
#include "app/docks/notes_dock.h"
#include "app/docks/placement_page.h"
#include "app/docks/policies_page.h"
#include "app/docks/push_page.h"
#include "app/docks/prompt_dock.h"
#include "app/docks/question_dock.h"
#include "app/docks/sessions_dock.h"
#include "app/knockout_run.h"
#include "app/lab.h"
#include "app/main_window.h"
#include "app/policy_sweep.h"
#include "app/sample_prompt.h"
#include "app/second_run.h"

namespace app {
namespace {

constexpr int kPage = 10;  // tokens a PgUp or PgDn

void showDock(QDockWidget* dock) {
  dock->show();
  dock->raise();
}

}  // namespace

void MainWindow::connectCommands() {
  Workbench& bench = *m_workbench;
  Commands& on = *m_commands;
  connectViewCommands();
  on.on(Command::NewPrompt, [this] { m_prompt->startWriting(); });
  on.on(Command::OpenBundled, [&bench] { bench.openModel(kBundledModel); });
  on.on(Command::OpenFolder, [this] { openFolder(); });
  on.on(Command::OpenRecorded, [this] { openSnapshot(); });
  on.on(Command::Export, [this] { exportRun(); });
  on.on(Command::SavePicture, [this] { savePicture(); });
  on.on(Command::Settings, [this] { showSettings(); });
  on.on(Command::Quit, [this] { close(); });
  on.on(Command::Undo, [this] { m_undo->undo(); });
  on.on(Command::Redo, [this] { m_undo->redo(); });
  on.on(Command::CopyPicture, [this] { copyPicture(); });
  on.on(Command::CopyTable, [this] { copyTable(); });
  on.on(Command::Find, [this] { showCommands(true); });
  on.on(Command::FindAgain, [this] { findAgain(); });
  on.on(Command::FindCommand, [this] { showCommands(false); });
  on.on(Command::ToggleBookmark, [this] { editBookmark(); });
  on.on(Command::ShowNotes, [this] { showDock(m_notes); });
  on.on(Command::Run, [this] { m_prompt->run(); });
  on.on(Command::Sample, [this] { m_prompt->runSample(); });
  on.on(Command::Generate1, [&bench] { bench.generate(1); });
  on.on(Command::Generate10, [&bench] { bench.generate(10); });
  on.on(Command::GenerateUntilStop, [&bench] { bench.generate(kUntilStop); });
  on.on(Command::BranchWith, [this] { chooseBranch(); });
  on.on(Command::Capacity, [this] { showCapacity(); });
  on.on(Command::CapacityRecorded, [this] { setCapacityAsRecorded(); });
  on.on(Command::Lab, [this] {
    m_labDock->openPage(m_labPage);
    m_labPage->startChoosing();
  });
  on.on(Command::ChangeRun, [this] {
    m_labDock->openPage(m_changePage);
    m_changePage->startChoosing();
  });
  on.on(Command::AllPolicies, [this] { m_labDock->openPage(m_policiesPage); });
  on.on(Command::CloseCalls, [this] { m_labDock->openPage(m_closeCallsPage); });
  on.on(Command::Push, [this] { m_labDock->openPage(m_pushPage); });
  on.on(Command::ComputeTensors, [&bench] { bench.computeTensors(); });
  on.on(Command::Placement, [this] {
    m_instruments->options.focus = ui::Instrument::Placement;
    m_labDock->openPage(m_placementPage);
    m_placementPage->startChoosing();
  });
  on.on(Command::Measures, [this] {
    m_instruments->options.focus = ui::Instrument::Measures;
    m_labDock->openPage(m_measures);
    m_measures->setFocus(Qt::ShortcutFocusReason);
  });
  on.on(Command::Coactivation, [this] {
    m_instruments->options.focus = ui::Instrument::Coactivation;
    m_labDock->openPage(m_coactivation);
    m_coactivation->setFocus(Qt::ShortcutFocusReason);
  });
  on.on(Command::BanExpert, [this] { banHere(); });
  on.on(Command::Knockout, [this] {
    m_labDock->openPage(m_knockoutPage);
    m_knockoutPage->startChoosing();
  });
  on.on(Command::Cancel, [this] { stopOrLeave(); });
  on.on(Command::NextToken, [&bench] { bench.stepToken(1); });
  on.on(Command::PreviousToken, [&bench] { bench.stepToken(-1); });
  on.on(Command::TokensOn, [&bench] { bench.stepToken(kPage); });
  on.on(Command::TokensBack, [&bench] { bench.stepToken(-kPage); });
  on.on(Command::FirstToken, [&bench] { bench.moveToToken(0); });
  on.on(Command::LastToken, [&bench] { bench.moveToToken(bench.trace().length() - 1); });
  on.on(Command::LayerAbove, [&bench] { bench.stepLayer(-1); });
  on.on(Command::LayerBelow, [&bench] { bench.stepLayer(1); });
  on.on(Command::NextExpert, [&bench] { bench.stepExpert(1); });
  on.on(Command::PreviousExpert, [&bench] { bench.stepExpert(-1); });
  on.on(Command::NextStage, [&bench] { bench.stepStage(1); });
  on.on(Command::PreviousStage, [&bench] { bench.stepStage(-1); });
  on.on(Command::OtherRouter, [&bench] {
    if (bench.hasAttentionRouter()) return bench.showAttention(!bench.showsAttention());
    emit bench.noted(tr("This model has one router a layer."));
  });
  on.on(Command::GoTo, [this] { goTo(); });
  on.on(Command::FirstDropped, [&bench] { bench.moveToFirstDropped(); });
  on.on(Command::Back, [this] { m_history->back(); });
  on.on(Command::Forward, [this] { m_history->forward(); });
  on.on(Command::Play, [this] { togglePlay(); });
  on.on(Command::RangeBegin, [this] {
    m_rangeBegan = m_workbench->cursor().token;
    setRange(m_rangeBegan, m_rangeBegan);
  });
  on.on(Command::RangeEnd, [this] { extendRange(m_workbench->cursor().token); });
  on.on(Command::RangeClear, [this] { setRange(-1, -1); });
  on.on(Command::ShowSessions, [this] { showDock(m_sessions); });
  on.on(Command::ShowQuestion, [this] { m_question->startAsking(); });
  on.on(Command::CompareWith, [this] { compareWith(std::nullopt); });
  on.on(Command::CompareDevices, [this] { compareDevices(); });
  on.on(Command::ShowCompare, [this] { showCompare(m_compare->isHidden()); });
  const auto ofRun = [this](auto act) {
    return [this, act] {
      if (m_workbench->row()) act(m_workbench->row()->id);
    };
  };
  on.on(Command::RenameRun, ofRun([this](core::RunId id) { m_sessions->askName(id); }));
  on.on(Command::StarRun, ofRun([this](core::RunId id) { m_edits->setStarred(id, !m_workbench->row()->starred); }));
  on.on(Command::TagRun, ofRun([this](core::RunId id) { m_sessions->askTags(id); }));
  on.on(Command::RemoveRun, ofRun([this](core::RunId id) { m_edits->remove(id); }));
  on.on(Command::ForgetRun, [this] { forgetRun(); });
  on.on(Command::EmptyBin, [this] { emptyBin(); });
  on.on(Command::NextPanel, [this] { focusNextPanel(1); });
  on.on(Command::PreviousPanel, [this] { focusNextPanel(-1); });
  on.on(Command::Keys, [this] { showKeys(); });

  const auto undoTexts = [this] {
    QAction* undo = m_commands->action(Command::Undo);
    QAction* redo = m_commands->action(Command::Redo);
    undo->setText(m_undo->canUndo() ? tr("&Undo %1").arg(m_undo->undoText()) : tr("&Undo"));
    redo->setText(m_undo->canRedo() ? tr("&Redo %1").arg(m_undo->redoText()) : tr("&Redo"));
    undo->setEnabled(m_undo->canUndo());
    redo->setEnabled(m_undo->canRedo());
  };
  connect(m_undo.get(), &QUndoStack::indexChanged, this, undoTexts);
  undoTexts();
  const auto places = [this] {
    m_commands->action(Command::Back)->setEnabled(m_history->canGoBack());
    m_commands->action(Command::Forward)->setEnabled(m_history->canGoForward());
  };
  connect(m_history.get(), &CursorHistory::changed, this, places);
  places();
  connect(&bench, &Workbench::branched, this, [this](core::RunId parent, const ui::Cursor& from, core::RunId branch) {
    m_edits->branched(parent, from, branch);
  });
  connect(m_second.get(), &SecondRun::failed, this, &MainWindow::report);
  connect(m_compare, &CompareDock::chooseAsked, this, [this] { compareWith(std::nullopt); });
  connect(m_sessions, &SessionsDock::compareAsked, this, [this](core::RunId id) { compareWith(id); });
  connect(m_bookmarks.get(), &Bookmarks::changed, this, [this] {
    m_instruments->options.strip.bookmarks = m_bookmarks->tokens();
    refreshPictures();
  });
}

// Esc: what runs is stopped, then hints and comparison go, then the keyboard is back at the tokens.
void MainWindow::stopOrLeave() {
  m_play.stop();
  const Workbench::Activity activity = m_workbench->activity();
  if (m_second->busy()) {
    m_second->cancel();
  } else if (m_knockout->busy()) {
    m_knockout->cancel();
  } else if (m_changed->busy()) {
    m_changed->cancel();
  } else if (m_closeCalls->busy()) {
    m_closeCalls->cancel();
  } else if (m_lab->busy()) {
    m_lab->cancel();
  } else if (m_sweep->busy()) {
    m_sweep->cancel();
  } else if (activity == Workbench::Activity::Running || activity == Workbench::Activity::Generating ||
             activity == Workbench::Activity::Computing) {
    m_workbench->cancel();
  } else if (activity == Workbench::Activity::OpeningModel) {
    m_workbench->cancelOpening();
  } else if (m_hints->isVisible()) {
    m_hints->hide();
    m_settings.hintsSeen = true;
  } else if (!m_compare->isHidden() && !m_compare->isFloating()) {
    m_compare->leave();
  } else if (!m_labDock->isHidden() && !m_labDock->isFloating()) {
    m_labDock->leave();
  }
  m_band->setFocus();
}

}  // namespace app
