// Menus, keys and the status line of the window.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QMenuBar>
#include <QProgressBar>
#include <QPushButton>
#include <QStatusBar>
#include <cmath>

#include "app/canvas_widget.h"
#include "app/changed_run.h"
#include "app/commands.h"
#include "app/dialogs/command_dialog.h"
#include "app/dialogs/keys_dialog.h"
#include "app/docks/capacity_dock.h"
#include "app/docks/compare_dock.h"
#include "app/docks/hints_dock.h"
#include "app/docks/inspector_dock.h"
#include "app/docks/prompt_dock.h"
#include "app/docks/sessions_dock.h"
#include "app/instruments.h"
#include "app/main_window.h"
#include "app/sample_prompt.h"
#include "app/second_run.h"
#include "ui/numbers.h"

namespace app {
namespace {
QString count(int number) { return QString::fromStdString(ui::countText(number)); }
}  // namespace

void MainWindow::makeMenus() {
  const auto menu = [this](const QString& title, CommandMenu which) {
    QMenu* made = m_menus->addMenu(title);
    if (which != CommandMenu::View && which != CommandMenu::Help) m_commands->fill(*made, which);
    return made;
  };
  menu(tr("&File"), CommandMenu::File);
  menu(tr("&Edit"), CommandMenu::Edit);
  QMenu* view = menu(tr("&View"), CommandMenu::View);
  for (QDockWidget* dock : docks()) view->addAction(dock->toggleViewAction());
  view->addSeparator();
  m_commands->fill(*view, CommandMenu::View);
  addTearMenu(*view->addMenu(tr("&Instrument in a window of its own")));
  view->addSeparator();
  QMenu* theme = view->addMenu(tr("&Theme"));
  auto* themes = new QActionGroup(this);
  const auto addTheme = [&](const QString& text, ThemeChoice choice) {
    QAction* action = theme->addAction(text, this, [this, choice] { setThemeChoice(choice); });
    action->setCheckable(true);
    action->setChecked(m_settings.theme == choice);
    themes->addAction(action);
  };
  addTheme(tr("As the &system"), ThemeChoice::System);
  addTheme(tr("&Dark"), ThemeChoice::Dark);
  addTheme(tr("&Light"), ThemeChoice::Light);
  QMenu* size = view->addMenu(tr("Text &size"));
  auto* sizes = new QActionGroup(this);
  for (const int percent : {100, 125, 150, 200}) {
    QAction* action =
        size->addAction(tr("%1 %").arg(percent), this, [this, percent] { setTextScale(percent / 100.0); });
    action->setCheckable(true);
    action->setChecked(qRound(m_settings.textScale * 100) == percent);
    sizes->addAction(action);
  }
  QMenu* run = menu(tr("&Run"), CommandMenu::Run);
  run->addSeparator();
  addDeviceMenu(*run->addMenu(tr("&Device")));
  menu(tr("&Cursor"), CommandMenu::Cursor);
  menu(tr("&Sessions"), CommandMenu::Sessions);
  QMenu* help = menu(tr("&Help"), CommandMenu::Help);
  m_commands->fill(*help, CommandMenu::Help);
  help->addAction(m_hints->toggleViewAction());
}

void MainWindow::makeStatusBar() {
  statusBar()->setSizeGripEnabled(false);
  m_saved = new QLabel;
  m_saved->setObjectName("savedLabel");
  m_bar = new QProgressBar;
  m_bar->setObjectName("progressBar");
  m_bar->setAccessibleName(tr("Progress of the run"));
  m_bar->setRange(0, 1000);
  m_bar->setTextVisible(false);
  m_bar->setFixedWidth(160);
  m_cancel = new QPushButton(tr("Cancel"));
  m_cancel->setObjectName("cancelButton");
  connect(m_cancel, &QPushButton::clicked, this, [this] {
    m_changed->cancel();
    m_workbench->cancel();
    m_workbench->cancelOpening();
  });
  m_keys = new QLabel;
  m_keys->setText(
      tr("\u2190 \u2192 token     \u2191 \u2193 layer     \u21E7\u2190\u2192 expert     \u21E7\u2191\u2193 stage"
         "     Space play     Ctrl F find     ? keys"));
  m_keys->setProperty("role", "label");
  statusBar()->addWidget(m_saved);
  statusBar()->addWidget(m_bar);
  statusBar()->addWidget(m_cancel);
  statusBar()->addPermanentWidget(m_keys);
}

void MainWindow::showState() {
  const Workbench& bench = *m_workbench;
  const bool removed = bench.runId() && bench.isRemoved(*bench.runId());
  using enum Workbench::Activity;
  const bool computing = bench.activity() == Running || bench.activity() == Generating || bench.activity() == Computing;
  const bool again = m_changed->busy();
  const bool opening = bench.activity() == OpeningModel;
  m_bar->setVisible(computing || again || opening);
  m_cancel->setVisible(computing || again || opening);
  const core::RunProgress& progress = bench.progress();
  m_bar->setValue(qRound((again ? m_changed->share() : opening ? bench.openShare() : progress.share) * 1000));
  QString text;
  if (opening) {
    text = bench.openShare() > 0 ? tr("Bringing the weights to the device: %1 %").arg(qRound(bench.openShare() * 100))
                                 : tr("Opening the model\u2026");
  } else if (bench.activity() == Workbench::Activity::OpeningRun) {
    text = tr("Opening the run\u2026");
  } else if (again) {
    text = tr("Running again with the routing changed: %1 %").arg(qRound(m_changed->share() * 100));
  } else if (computing) {
    text = progress.total > 0 ? tr("Running: %1 of %2 tokens").arg(count(progress.done), count(progress.total))
                              : tr("Running");
    if (const double left = bench.secondsLeft(); left >= 1) {
      text += tr(" \u00B7 about %1 s left").arg(QString::number(std::ceil(left)));
    }
  } else if (!bench.trace().empty()) {
    const core::RunInfo& info = bench.trace().info();
    const char* capture = info.capture == core::Capture::Full      ? "full"
                          : info.capture == core::Capture::Ledger  ? "ledger"
                          : info.capture == core::Capture::Routing ? "routing"
                                                                   : "none";
    const QString saved = bench.readOnly()             ? tr("Read-only, nothing is saved")
                          : removed                    ? tr("Not kept")
                          : bench.runId()              ? tr("Saved")
                          : bench.snapshot().isEmpty() ? tr("Not saved")
                                                       : tr("Recorded, from a file");
    text = tr("%1 \u00B7 %2 tokens \u00D7 %3 layers, capture: %4")
               .arg(saved, count(bench.trace().length()), count(bench.trace().config().layers),
                    QString::fromLatin1(capture));
  }
  m_saved->setText(text);
}

void MainWindow::showKeys() { (new KeysDialog(*m_commands, this))->open(); }

void MainWindow::showCommands(bool tokensOnly) {
  auto* dialog = new CommandDialog(*m_workbench, this);
  if (!tokensOnly) dialog->addMenus(*m_menus);
  connect(dialog, &CommandDialog::found, this, [this](const QString& wanted) { m_found = wanted; });
  dialog->open();
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
  // Nothing has the keyboard after a click on what takes none: the canvas is meant then.
  const QWidget* focus = focusWidget();
  const bool canvas = !focus || focus == this || qobject_cast<const CanvasWidget*>(focus);
  if (m_commands->press(*event, canvas)) {
    event->accept();
  } else {
    QMainWindow::keyPressEvent(event);
  }
}

void MainWindow::act(ui::Action action) {
  Workbench& bench = *m_workbench;
  switch (action) {
    case ui::Action::OpenBundledModel:
      bench.openModel(kBundledModel);
      break;
    case ui::Action::Open:
      openFolder();
      break;
    case ui::Action::WritePrompt:
      m_prompt->startWriting();
      break;
    case ui::Action::SamplePrompt:
      m_prompt->runSample();
      break;
    case ui::Action::GoToNextRoutedLayer: {
      ui::Cursor cursor = bench.cursor();
      cursor.layer = std::max(0, ui::nextRoutedLayer(bench.trace().config(), cursor.layer));
      bench.moveTo(cursor);
      break;
    }
    case ui::Action::RunAgainWithLedger:
      runAgain(core::Capture::Ledger);
      break;
    case ui::Action::SimulateCapacity:
      setCapacity(bench.capacityToEdit());
      break;
    case ui::Action::ChangeCapacity:
      showCapacity();
      break;
    case ui::Action::ChangeRule:
      chooseRule();
      break;
    case ui::Action::ShowRecorded:
      showRecorded();
      break;
    case ui::Action::Cancel:
      bench.cancel();
      break;
    case ui::Action::Generate1:
      bench.generate(1);
      break;
    case ui::Action::Generate10:
      bench.generate(10);
      break;
    case ui::Action::GenerateUntilStop:
      bench.generate(kUntilStop);
      break;
    case ui::Action::ChangeLens:
      chooseLens();
      break;
    case ui::Action::ChangeOrder:
      m_commands->action(Command::RouterOrder)->trigger();
      break;
    case ui::Action::ChangeRange:
      m_commands->action(Command::LoadRange)->trigger();
      break;
    case ui::Action::ChangeScale:
      m_commands->action(Command::HeatScale)->trigger();
      break;
    case ui::Action::OtherHeatMap:
      showOtherHeatMap();
      break;
    case ui::Action::OtherLower:
      showOtherLower();
      break;
    case ui::Action::CopyTable:
      copyTable();
      break;
    case ui::Action::ChooseSecondRun:
      compareWith(std::nullopt);
      break;
    case ui::Action::CompareCpuWithGpu:
      compareDevices();
      break;
    case ui::Action::JumpToFirstDifference:
      bench.moveTo(m_second->parting());
      break;
    case ui::Action::None:
    case ui::Action::Count:
      break;
  }
}

// The same prompt once more, kept with more.
void MainWindow::runAgain(core::Capture capture) {
  const core::Trace& trace = m_workbench->trace();
  if (trace.empty()) return;
  if (const QString why = m_workbench->whyNotGenerate(); !why.isEmpty() || !trace.info().prompt) {
    m_saved->setText(!why.isEmpty() ? why : tr("This run has no text to run again: it was run on token ids."));
    return;
  }
  const core::RunInfo& info = trace.info();
  PromptRequest request;
  request.text = *info.prompt;
  request.chat = info.chat;
  request.generate = trace.length() - trace.promptTokens();
  request.capture = capture;
  request.sampling = info.sampling;
  if (info.capacity.active) request.simulatedCapacity = info.capacity.factor;
  m_workbench->run(request);
}

}  // namespace app
