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

#include "app/canvas_widget.h"
#include "app/dialogs/command_dialog.h"
#include "app/dialogs/keys_dialog.h"
#include "app/docks/capacity_dock.h"
#include "app/docks/hints_dock.h"
#include "app/docks/inspector_dock.h"
#include "app/docks/prompt_dock.h"
#include "app/docks/sessions_dock.h"
#include "app/instruments.h"
#include "app/main_window.h"
#include "app/sample_prompt.h"

namespace app {
namespace {

constexpr int kPage = 10;  // tokens a PgUp or PgDn

// Keys without a modifier belong to whatever has the focus first, so they are no shortcuts but are handled in
// keyPressEvent; the menu only names them.
QString withKey(const QString& text, const QString& key) { return text + '\t' + key; }

}  // namespace

void MainWindow::makeMenus() {
  Workbench& bench = *m_workbench;
  QMenu* file = m_menus->addMenu(tr("&File"));
  file->addAction(tr("&New prompt"), QKeySequence::New, m_prompt, &PromptDock::startWriting);
  file->addAction(tr("Open %1").arg(kBundledModel), this, [&bench] { bench.openModel(kBundledModel); });
  file->addAction(tr("&Open model folder\u2026"), QKeySequence::Open, this, &MainWindow::openFolder);
  file->addAction(tr("Open &recorded run\u2026"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O), this,
                  &MainWindow::openSnapshot);
  file->addSeparator();
  file->addAction(tr("&Settings\u2026"), QKeySequence(Qt::CTRL | Qt::Key_Comma), this, &MainWindow::showSettings);
  file->addAction(tr("&Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q), this, &QWidget::close);

  QMenu* edit = m_menus->addMenu(tr("&Edit"));
  edit->addAction(tr("&Find in the text\u2026"), QKeySequence::Find, this, [this] { showCommands(true); });
  edit->addAction(tr("Find or run a &command\u2026"), QKeySequence(Qt::CTRL | Qt::Key_K), this,
                  [this] { showCommands(false); });

  QMenu* view = m_menus->addMenu(tr("&View"));
  for (QDockWidget* dock :
       std::initializer_list<QDockWidget*>{m_prompt, m_sessions, m_lowerDock, m_inspector, m_capacity, m_hints}) {
    view->addAction(dock->toggleViewAction());
  }
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

  QMenu* run = m_menus->addMenu(tr("&Run"));
  run->addAction(withKey(tr("&Run the prompt"), tr("Ctrl+Return")), m_prompt, &PromptDock::run);
  run->addAction(tr("&Sample prompt"), m_prompt, &PromptDock::runSample);
  run->addSeparator();
  run->addAction(tr("Generate &1 token"), QKeySequence(Qt::CTRL | Qt::Key_1), this, [&bench] { bench.generate(1); });
  run->addAction(tr("Generate 1&0 tokens"), QKeySequence(Qt::CTRL | Qt::Key_0), this, [&bench] { bench.generate(10); });
  run->addAction(tr("Generate &until stop"), this, [&bench] { bench.generate(kUntilStop); });
  run->addSeparator();
  run->addAction(tr("Capacity &factor and rule\u2026"), QKeySequence(Qt::CTRL | Qt::Key_D), this,
                 &MainWindow::showCapacity);
  run->addAction(tr("Capacity as &recorded"), this, &MainWindow::setCapacityAsRecorded);
  addDeviceMenu(*run->addMenu(tr("&Device")));
  run->addSeparator();
  run->addAction(withKey(tr("&Cancel"), tr("Esc")), this, [&bench] { bench.cancel(); });

  QMenu* cursor = m_menus->addMenu(tr("&Cursor"));
  cursor->addAction(withKey(tr("Next token"), "\u2192"), this, [&bench] { bench.stepToken(1); });
  cursor->addAction(withKey(tr("Previous token"), "\u2190"), this, [&bench] { bench.stepToken(-1); });
  cursor->addAction(withKey(tr("First token"), tr("Home")), this, [&bench] { bench.moveToToken(0); });
  cursor->addAction(withKey(tr("Last token"), tr("End")), this,
                    [&bench] { bench.moveToToken(bench.trace().length() - 1); });
  cursor->addAction(tr("&Go to token\u2026"), QKeySequence(Qt::CTRL | Qt::Key_G), this, &MainWindow::goToToken);
  cursor->addSeparator();
  cursor->addAction(withKey(tr("Layer above"), "\u2191"), this, [&bench] { bench.stepLayer(-1); });
  cursor->addAction(withKey(tr("Layer below"), "\u2193"), this, [&bench] { bench.stepLayer(1); });
  cursor->addAction(withKey(tr("Next expert"), "\u21E7\u2192"), this, [&bench] { bench.stepExpert(1); });
  cursor->addAction(withKey(tr("Previous expert"), "\u21E7\u2190"), this, [&bench] { bench.stepExpert(-1); });
  cursor->addAction(withKey(tr("Next stage"), "\u21E7\u2193"), this, [&bench] { bench.stepStage(1); });
  cursor->addAction(withKey(tr("Previous stage"), "\u21E7\u2191"), this, [&bench] { bench.stepStage(-1); });
  cursor->addSeparator();
  cursor->addAction(tr("First dropped choice"), this, [&bench] { bench.moveToFirstDropped(); });
  cursor->addAction(withKey(tr("&Play"), tr("Space")), this, &MainWindow::togglePlay);

  QMenu* sessions = m_menus->addMenu(tr("&Sessions"));
  sessions->addAction(tr("&Show sessions"), QKeySequence(Qt::CTRL | Qt::Key_L), this, [this] {
    m_sessions->show();
    m_sessions->raise();
  });

  sessions->addAction(tr("&Undo remove"), this, [&bench] { bench.undoRemove(); });

  QMenu* help = m_menus->addMenu(tr("&Help"));
  help->addAction(withKey(tr("&Keys"), "?"), this, &MainWindow::showKeys);
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
  connect(m_cancel, &QPushButton::clicked, this, [this] { m_workbench->cancel(); });
  m_keys = new QLabel;
  m_keys->setText(
      tr("\u2190 \u2192 token     \u2191 \u2193 layer     \u21E7\u2190\u2192 expert     \u21E7\u2191\u2193 stage"
         "     Space play     ? keys"));
  m_keys->setProperty("role", "label");
  statusBar()->addWidget(m_saved);
  statusBar()->addWidget(m_bar);
  statusBar()->addWidget(m_cancel);
  statusBar()->addPermanentWidget(m_keys);
}

void MainWindow::showState() {
  const Workbench& bench = *m_workbench;
  const bool computing =
      bench.activity() == Workbench::Activity::Running || bench.activity() == Workbench::Activity::Generating;
  m_bar->setVisible(computing);
  m_cancel->setVisible(computing);
  const core::RunProgress& progress = bench.progress();
  m_bar->setValue(qRound(progress.share * 1000));
  QString text;
  if (bench.activity() == Workbench::Activity::OpeningModel) {
    text = tr("Opening the model\u2026");
  } else if (bench.activity() == Workbench::Activity::OpeningRun) {
    text = tr("Opening the run\u2026");
  } else if (computing) {
    text = progress.total > 0 ? tr("Running: %1 of %2 tokens").arg(progress.done).arg(progress.total) : tr("Running");
  } else if (!bench.trace().empty()) {
    const core::RunInfo& info = bench.trace().info();
    const char* capture = info.capture == core::Capture::Full      ? "full"
                          : info.capture == core::Capture::Ledger  ? "ledger"
                          : info.capture == core::Capture::Routing ? "routing"
                                                                   : "none";
    const QString saved = bench.runId()                ? tr("Saved")
                          : bench.snapshot().isEmpty() ? tr("Not saved")
                                                       : tr("Recorded, from a file");
    text = tr("%1 \u00B7 %2 tokens \u00D7 %3 layers, capture: %4")
               .arg(saved)
               .arg(bench.trace().length())
               .arg(bench.trace().config().layers)
               .arg(QString::fromLatin1(capture));
  }
  m_saved->setText(text);
}

void MainWindow::showKeys() { (new KeysDialog(this))->open(); }

void MainWindow::showCommands(bool tokensOnly) {
  auto* dialog = new CommandDialog(*m_workbench, this);
  if (!tokensOnly) dialog->addMenus(*m_menus);
  dialog->open();
}

// F6 goes from panel to panel: the canvases, then the docks that are open.
void MainWindow::focusNextPanel(int by) {
  std::vector<QWidget*> panels{m_band, m_lower};
  for (const char* name : {"inspectorTable", "promptEditor", "sessionList"})
    panels.push_back(findChild<QWidget*>(name));
  std::erase_if(panels, [](const QWidget* panel) { return !panel || !panel->isVisible(); });
  if (panels.empty()) return;
  const auto found = std::find(panels.begin(), panels.end(), focusWidget());
  const auto count = static_cast<ptrdiff_t>(panels.size());
  const ptrdiff_t at = found == panels.end() ? 0 : found - panels.begin() + by;
  panels[static_cast<size_t>((at + count) % count)]->setFocus(Qt::TabFocusReason);
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
  Workbench& bench = *m_workbench;
  const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
  if (event->modifiers().testFlag(Qt::ControlModifier) || event->modifiers().testFlag(Qt::AltModifier)) {
    QMainWindow::keyPressEvent(event);
    return;
  }
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
      const int by = event->key() == Qt::Key_Right ? 1 : -1;
      shift ? bench.stepExpert(by) : bench.stepToken(by);
      break;
    }
    case Qt::Key_Up:
    case Qt::Key_Down: {
      const int by = event->key() == Qt::Key_Down ? 1 : -1;
      shift ? bench.stepStage(by) : bench.stepLayer(by);
      break;
    }
    case Qt::Key_Home:
      bench.moveToToken(0);
      break;
    case Qt::Key_End:
      bench.moveToToken(bench.trace().length() - 1);
      break;
    case Qt::Key_PageUp:
      bench.stepToken(-kPage);
      break;
    case Qt::Key_PageDown:
      bench.stepToken(kPage);
      break;
    case Qt::Key_Space:
      togglePlay();
      break;
    case Qt::Key_F6:
      focusNextPanel(shift ? -1 : 1);
      break;
    case Qt::Key_Question:
      showKeys();
      break;
    case Qt::Key_Escape:
      m_play.stop();
      if (bench.activity() == Workbench::Activity::Running || bench.activity() == Workbench::Activity::Generating) {
        bench.cancel();
      } else if (m_hints->isVisible()) {
        m_hints->hide();
        m_settings.hintsSeen = true;
      }
      m_band->setFocus();
      break;
    default:
      QMainWindow::keyPressEvent(event);
      return;
  }
  event->accept();
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
      m_instruments->options.routerByScore = !m_instruments->options.routerByScore;
      refreshPictures();
      break;
    case ui::Action::ChangeRange:
      m_instruments->nextRange();
      refreshPictures();
      break;
    case ui::Action::ChangeScale:
      m_instruments->options.heat.global = !m_instruments->options.heat.global;
      refreshPictures();
      break;
    case ui::Action::CopyTable:
    case ui::Action::ChooseSecondRun:
    case ui::Action::CompareCpuWithGpu:
    case ui::Action::JumpToFirstDifference:
    case ui::Action::None:
    case ui::Action::Count:
      break;
  }
}

void MainWindow::chooseLens() {
  auto* menu = new QMenu(this);
  menu->setObjectName("lensMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const std::pair<QString, ui::Lens> lenses[] = {
      {tr("1st expert"), ui::Lens::FirstExpert}, {tr("Surprisal"), ui::Lens::Surprisal},
      {tr("Router entropy"), ui::Lens::Entropy}, {tr("Margin"), ui::Lens::Margin},
      {tr("Weight"), ui::Lens::Weight},          {tr("Shared share"), ui::Lens::SharedShare}};
  for (const auto& [text, lens] : lenses) {
    QAction* action = menu->addAction(text, this, [this, lens = lens] {
      m_instruments->options.strip.lens = lens;
      refreshPictures();
    });
    action->setCheckable(true);
    action->setChecked(m_instruments->options.strip.lens == lens);
  }
  menu->popup(QCursor::pos());
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
  request.generate = trace.length() - trace.promptTokens();
  request.capture = capture;
  request.sampling = info.sampling;
  if (info.capacity.active) request.simulatedCapacity = info.capacity.factor;
  m_workbench->run(request);
}

}  // namespace app
