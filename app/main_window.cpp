#include "app/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QLabel>
#include <QMenuBar>
#include <QStatusBar>
#include <QUndoStack>
#include <QVBoxLayout>

#include "app/bookmarks.h"
#include "app/canvas_accessible.h"
#include "app/canvas_widget.h"
#include "app/changed_run.h"
#include "app/close_calls_run.h"
#include "app/commands.h"
#include "app/cursor_history.h"
#include "app/docks/capacity_dock.h"
#include "app/docks/compare_dock.h"
#include "app/docks/hints_dock.h"
#include "app/docks/inspector_dock.h"
#include "app/docks/instrument_dock.h"
#include "app/docks/lab_dock.h"
#include "app/docks/notes_dock.h"
#include "app/docks/profile_dock.h"
#include "app/docks/prompt_dock.h"
#include "app/docks/question_dock.h"
#include "app/docks/sessions_dock.h"
#include "app/instruments.h"
#include "app/knockout_run.h"
#include "app/lab.h"
#include "app/layout_undo.h"
#include "app/measures_job.h"
#include "app/policy_sweep.h"
#include "app/push_lens.h"
#include "app/qt_text_shaper.h"
#include "app/run_edits.h"
#include "app/sample_prompt.h"
#include "app/second_run.h"
#include "app/style.h"
#include "app/system_theme.h"
#include "app/tool_bar.h"
#include "ui/layout.h"
#include "ui/views/dispatch_view.h"

namespace app {
namespace {

constexpr int kPlayIntervalMs = 250;  // four tokens a second
constexpr int kWideWindow = 1800;     // from here on the docks of the sides are open
constexpr int kPaintThreads = 2;
constexpr int kUsualExperts = 16;
constexpr double kUsualRow = 17;    // of an expert at 1280 x 800
constexpr double kLeastRows = 224;  // room for what an empty instrument says

Services withSettings(Services services, const Settings& settings) {
  services.device = settings.device.toStdString();
  if (!settings.storeFile.isEmpty()) services.storeFile = settings.storeFile.toStdString();
  return services;
}

bool looksDark(const QPalette& palette) { return palette.color(QPalette::Window).lightness() < 128; }

}  // namespace

MainWindow::MainWindow(Services services, QString settingsFile, QWidget* parent)
    : QMainWindow(parent),
      m_settingsFile(std::move(settingsFile)),
      m_settings(loadSettings(m_settingsFile)),
      m_systemIsDark(looksDark(QApplication::palette())),
      m_systemTheme(std::make_unique<SystemTheme>()),
      m_shaper(std::make_unique<QtTextShaper>()),
      m_pool(kPaintThreads),
      m_openPainter(services.openPainter),
      m_workbench(std::make_unique<Workbench>(withSettings(std::move(services), m_settings))),
      m_undo(std::make_unique<QUndoStack>()),
      m_bookmarks(std::make_unique<Bookmarks>(*m_workbench)),
      m_edits(std::make_unique<RunEdits>(*m_workbench, *m_bookmarks, *m_undo)),
      m_history(std::make_unique<CursorHistory>(*m_workbench)),
      m_second(std::make_unique<SecondRun>(*m_workbench)),
      m_instruments(std::make_unique<Instruments>(*m_workbench, *m_shaper)),
      m_commands(new Commands(this, m_settings.keys)) {
  m_instruments->setSecondRun(m_second.get());
  installCanvasAccessibility();
  setWindowTitle(tr("Expertscope"));
  setAcceptDrops(true);
  setMinimumSize(960, 600);
  applyTheme();
  makeParts();
  makeStatusBar();
  makeMenus();
  connectParts();
  connectCommands();
  resize(1280, 800);
  if (!m_settings.geometry.isEmpty()) restoreGeometry(m_settings.geometry);
  arrangeDocks();
  applyTheme();
  showState();
  m_band->setFocus();
}

MainWindow::~MainWindow() {
  m_painterOpener.reset();
  // Docks still tell that they hide when their window goes, and use what dies with it: they go first.
  m_hints->disconnect();
  m_compare->disconnect();
  m_labDock->disconnect();
  m_workbench->disconnect();
  for (QDockWidget* dock : docks()) delete dock;
  for (InstrumentDock* dock : std::exchange(m_tornOut, {})) delete dock;
  // The threads end before anything they report to.
  m_instruments->setMeasures(nullptr);
  m_measuresJob.reset();
  m_closeCalls.reset();
  m_sweep.reset();
  m_knockout.reset();
  m_changed.reset();
  m_lab.reset();
  m_workbench.reset();
}

void MainWindow::makeParts() {
  auto* top = new QWidget(this);
  auto* rows = new QVBoxLayout(top);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  m_menus = new QMenuBar;
  m_tools = new ToolBar(*m_workbench, this);
  rows->addWidget(m_menus);
  rows->addWidget(m_tools);
  setMenuWidget(top);
  m_band = new CanvasWidget(*m_shaper, &m_pool, this);
  m_band->setObjectName("band");
  m_band->setAccessibleName(tr("Tokens, stages and experts"));
  setCentralWidget(m_band);
  m_lower = new CanvasWidget(*m_shaper, &m_pool);
  m_lower->setObjectName("lower");
  m_lower->setAccessibleName(tr("Ledger and prediction"));
  m_lowerDock = new Dock(tr("Ledger and prediction"), "lowerDock", this);
  m_lowerDock->hideTitle();
  m_lowerDock->body()->addWidget(m_lower);
  m_prompt = new PromptDock(*m_workbench, this);
  m_sessions = new SessionsDock(*m_workbench, *m_edits, this);
  m_inspector = new InspectorDock(*m_workbench, *m_instruments, this);
  m_hints = new HintsDock(this);
  m_capacity = new CapacityDock(*m_workbench, *m_instruments, this);
  m_profile = new ProfileDock(*m_workbench, this);
  m_prompt->setCapture(m_settings.capture, m_settings.storeFull);
  m_notes = new NotesDock(*m_workbench, *m_bookmarks, *m_edits, this);
  m_question = new QuestionDock(*m_workbench, this);
  m_compare = new CompareDock(*m_second, *m_shaper, &m_pool, this);
  makeLab();
}

QList<QDockWidget*> MainWindow::docks() const {
  return {m_prompt,   m_sessions, m_question, m_lowerDock, m_inspector, m_notes,
          m_capacity, m_profile,  m_labDock,  m_compare,   m_hints};
}

// The arrangement of the last time, or the one of the look for a window of this size.
void MainWindow::arrangeDocks() {
  setDockNestingEnabled(true);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
  const bool wide = width() >= kWideWindow;
  addDockWidget(Qt::LeftDockWidgetArea, m_prompt);
  addDockWidget(Qt::LeftDockWidgetArea, m_sessions);
  addDockWidget(Qt::LeftDockWidgetArea, m_question);
  addDockWidget(Qt::BottomDockWidgetArea, m_compare);
  splitDockWidget(m_compare, m_labDock, Qt::Vertical);
  addDockWidget(Qt::BottomDockWidgetArea, m_lowerDock);
  addDockWidget(Qt::RightDockWidgetArea, m_notes);
  if (wide) {
    addDockWidget(Qt::RightDockWidgetArea, m_inspector);
    addDockWidget(Qt::RightDockWidgetArea, m_hints);
  } else {
    splitDockWidget(m_lowerDock, m_inspector, Qt::Horizontal);
    splitDockWidget(m_inspector, m_hints, Qt::Horizontal);
  }
  tabifyDockWidget(m_inspector, m_capacity);
  tabifyDockWidget(m_inspector, m_profile);
  m_capacity->hide();
  m_profile->hide();
  m_prompt->setVisible(wide);
  m_sessions->setVisible(wide);
  m_hints->setVisible(false);
  m_question->hide();
  m_compare->hide();
  m_notes->setVisible(wide);
  m_labDock->hide();
  m_compare->setDisplaced({m_band, m_lowerDock, m_hints, m_inspector, m_capacity, m_profile});
  m_labDock->setDisplaced({m_lowerDock, m_hints, m_inspector, m_capacity, m_profile});
  // The hints stand where the inspector does, one at a time.
  connect(m_hints, &QDockWidget::visibilityChanged, this, [this] {
    m_inspector->setVisible(m_hints->isHidden());
    m_instruments->hints = m_hints->isVisible();
    m_band->refresh();
    QTimer::singleShot(0, this, &MainWindow::shareLowerBand);
  });
  if (wide) resizeDocks({m_prompt, m_inspector}, {340, 420}, Qt::Horizontal);
  makeTornOut(m_settings.tornOut);
  if (!m_settings.layout.isEmpty()) restoreState(m_settings.layout);
  m_layoutUndo = std::make_unique<LayoutUndo>(*this, *m_undo);
  for (QDockWidget* dock : docks()) undoLayoutOf(*dock);
  for (InstrumentDock* dock : m_tornOut) undoLayoutOf(*dock);
}

// From now on moving, floating, showing and hiding it are steps of undo.
void MainWindow::undoLayoutOf(QDockWidget& dock) {
  m_layoutUndo->watch(dock);
  connect(dock.toggleViewAction(), &QAction::triggered, this,
          [this, it = &dock](bool shown) { showUndoably(*it, shown); });
}

void MainWindow::showUndoably(QDockWidget& dock, bool shown) {
  change(
      *m_undo, shown ? tr("show %1").arg(dock.windowTitle()) : tr("hide %1").arg(dock.windowTitle()),
      [it = &dock, shown] { it->setVisible(shown); }, [it = &dock, shown] { it->setVisible(!shown); });
}

// The lower band has the height of the look, and in it the inspector or the hints their width.
void MainWindow::shareLowerBand() {
  constexpr double kInspectorWidth = 388, kLeastInspector = 260;
  constexpr int kLedgerAndPrediction = 662;  // side by side
  const int band = m_band->height() + m_lowerDock->height();
  const auto scale = static_cast<float>(m_settings.textScale);
  const int needed = qRound(ui::centralHeight(std::clamp(m_workbench->source().experts(), 1, kUsualExperts), scale));
  // Large texts leave room for little: then the lower band gives some of its own.
  const int least = std::min(lowerHeight(), qRound(ui::kLeastLowerHeight * scale));
  const int lower = std::clamp(band - needed, least, lowerHeight());
  resizeDocks({m_lowerDock}, {std::max(lower, band - highestBand())}, Qt::Vertical);
  QDockWidget* beside = m_hints->isVisible() ? static_cast<QDockWidget*>(m_hints) : m_inspector;
  if (!beside->isVisible() || beside->isFloating() || dockWidgetArea(beside) != Qt::BottomDockWidgetArea) return;
  const int together = m_lowerDock->width() + beside->width();
  // With a dock at the side the inspector gives way before the prediction does.
  const int spare = together - qRound(kLedgerAndPrediction * scale);
  const int inspector = std::clamp(spare, qRound(kLeastInspector), qRound(kInspectorWidth * scale));
  resizeDocks({m_lowerDock, beside}, {together - inspector, inspector}, Qt::Horizontal);
}

// Sizes of docks can only be given to what is shown.
void MainWindow::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  if (std::exchange(m_arranged, true) || !m_settings.layout.isEmpty()) return;
  QTimer::singleShot(0, this, &MainWindow::shareLowerBand);
}

// The height from which on rows of experts grow no more.
int MainWindow::highestBand() const {
  const int experts = std::max(1, m_workbench->source().experts());
  const double scale = m_settings.textScale;
  const double aroundRows = ui::centralHeight(kUsualExperts, scale) - kUsualExperts * kUsualRow * scale;
  return qRound(aroundRows + std::max<double>(experts * ui::kRowMax, kLeastRows) * scale);
}

// Room that the band cannot use goes to the lower band, and comes back when it is needed.
void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  if (!m_arranged) return;
  // The parts have their new sizes only after this event.
  QTimer::singleShot(0, this, [this] {
    const bool wasted = m_band->height() > highestBand();
    const bool cramped = m_lowerDock->height() > lowerHeight() + 1 && m_band->height() < highestBand();
    if (wasted || cramped) shareLowerBand();
  });
}

int MainWindow::lowerHeight() const { return qRound(ui::kLowerHeight * m_settings.textScale) - 1; }

void MainWindow::connectParts() {
  Workbench& bench = *m_workbench;
  connect(&bench, &Workbench::traceChanged, this, &MainWindow::refreshPictures);
  // As many rows as there are experts: another number shares the height anew.
  connect(&bench, &Workbench::traceChanged, this, [this, shared = 0]() mutable {
    const int experts = m_workbench->source().experts();
    if (experts == 0) return;
    const int before = std::exchange(shared, experts);
    // What was arranged the last time stands as it was left.
    if (before == experts || (before == 0 && !m_settings.layout.isEmpty())) return;
    QTimer::singleShot(0, this, &MainWindow::shareLowerBand);
  });
  connect(&bench, &Workbench::cursorMoved, this, &MainWindow::refreshPictures);
  connect(&bench, &Workbench::modelChanged, this, &MainWindow::refreshPictures);
  connect(&bench, &Workbench::activityChanged, this, [this] {
    refreshPictures();
    showState();
  });
  connect(&bench, &Workbench::progressChanged, this, &MainWindow::showState);
  connect(&bench, &Workbench::traceChanged, this, &MainWindow::showState);
  connect(&bench, &Workbench::failed, this, &MainWindow::report);
  connect(&bench, &Workbench::priceAsked, this, &MainWindow::askPrice);
  bench.setKnownLarge(m_settings.knownLarge);
  connect(&bench, &Workbench::storeChanged, this, &MainWindow::showState);
  connect(&bench, &Workbench::noted, this, [this](const QString& remark) { m_saved->setText(remark); });
  connect(&bench, &Workbench::nothingStored, this, [this] {
    m_workbench->openModel(kBundledModel);
    m_prompt->runSample();
    if (!m_settings.hintsSeen) {
      m_hints->show();
      m_hints->raise();
    }
  });
  connectCanvas(*m_band, CanvasPart::Central, ui::Instrument::None);
  connectCanvas(*m_lower, CanvasPart::Lower, ui::Instrument::None);
  connectCanvas(m_compare->canvas(), CanvasPart::Compare, ui::Instrument::None);
  connect(m_capacity, &CapacityDock::edited, this, &MainWindow::setCapacity);
  connect(m_capacity, &CapacityDock::asRecorded, this, &MainWindow::setCapacityAsRecorded);
  connectLab();
  connect(m_tools, &ToolBar::commandsAsked, this, [this] { showCommands(false); });
  m_play.setInterval(kPlayIntervalMs);
  connect(&m_play, &QTimer::timeout, this, &MainWindow::playOn);
}

void MainWindow::start() {
  connect(m_systemTheme.get(), &SystemTheme::changed, this, &MainWindow::setSystemIsDark);
  m_systemTheme->follow();
  openPainter();
  m_workbench->openLastRun();
}

void MainWindow::applyTheme() {
  const bool dark =
      m_settings.theme == ThemeChoice::Dark || (m_settings.theme == ThemeChoice::System && m_systemIsDark);
  const ui::Theme theme = ui::makeTheme(dark, m_settings.textScale);
  m_instruments->setTheme(theme);
  applyStyle(*qApp, theme, m_settings.reducedMotion);
  setAnimated(!m_settings.reducedMotion);
  if (!m_band) return;
  m_tools->setTheme(theme);
  m_tools->setFixedHeight(qRound(theme.px(36)));
  m_menus->setFixedHeight(qRound(theme.px(26)));
  statusBar()->setFixedHeight(qRound(theme.px(22)));
  showIn(*m_band, CanvasPart::Central, ui::Instrument::None);
  showIn(*m_lower, CanvasPart::Lower, ui::Instrument::None);
  showIn(m_compare->canvas(), CanvasPart::Compare, ui::Instrument::None);
  for (InstrumentDock* dock : m_tornOut) showIn(dock->canvas(), CanvasPart::Own, dock->instrument());
  m_inspector->setTheme(theme);
  showLabPictures();
  m_profile->setTheme(theme);
}

void MainWindow::setThemeChoice(ThemeChoice choice) {
  m_settings.theme = choice;
  applyTheme();
}

void MainWindow::setSystemIsDark(bool dark) {
  if (std::exchange(m_systemIsDark, dark) != dark && m_settings.theme == ThemeChoice::System) applyTheme();
}

void MainWindow::setTextScale(double scale) {
  m_settings.textScale = scale;
  applyTheme();
  shareLowerBand();
}

// A click goes where it points: to the token, layer, expert or stage that stands there.
void MainWindow::clickedOn(const ui::ElementId& id) {
  if (id.instrument != ui::Instrument::Lab) m_instruments->options.focus = id.instrument;
  if (id.element == ui::Element::Action) {
    act(static_cast<ui::Action>(id.value));
    return;
  }
  if (id.element == ui::Element::Factor) {
    core::CapacityOptions capacity = m_workbench->capacityToEdit();
    capacity.factor = ui::factorAtPlace(id.value);
    setCapacity(capacity);
    return;
  }
  if (id.element == ui::Element::Overview && id.instrument == ui::Instrument::Measures) return scrollMeasures(id);
  if (id.element == ui::Element::Candidate) {
    return id.instrument == ui::Instrument::Lab ? choosePolicy(static_cast<core::PolicyKind>(id.value))
                                                : branchWith(id.value);
  }
  ui::Cursor cursor = m_workbench->cursor();
  if (id.token >= 0) cursor.token = id.token;
  if (id.layer >= 0 && id.element != ui::Element::Pair) cursor.layer = id.layer;
  if (id.expert >= 0) cursor.expert = id.expert;
  if (id.element == ui::Element::Stage && id.value >= 0) cursor.stage = static_cast<ui::Stage>(id.value);
  m_workbench->moveTo(cursor);
}

void MainWindow::togglePlay() {
  if (m_play.isActive()) {
    m_play.stop();
  } else if (!m_workbench->trace().empty()) {
    m_play.start();
  }
}

// At the end of the text the model writes on.
void MainWindow::playOn() {
  if (m_workbench->busy()) return;
  if (m_workbench->cursor().token + 1 < m_workbench->trace().length()) {
    m_workbench->stepToken(1);
  } else if (m_workbench->canGenerate()) {
    m_workbench->generate(1);
  } else {
    m_play.stop();
  }
}

void MainWindow::closeEvent(QCloseEvent* event) {
  m_closing = true;
  m_play.stop();
  m_compare->leave();
  m_labDock->leave();
  m_notes->keepWords();
  m_settings.keys = m_commands->changedKeys();
  m_settings.geometry = saveGeometry();
  m_settings.layout = saveState();
  m_settings.tornOut = tornOutKeys();
  saveSettings(m_settingsFile, m_settings);
  m_workbench->cancel();
  m_workbench->cancelOpening();
  event->accept();
}

}  // namespace app
