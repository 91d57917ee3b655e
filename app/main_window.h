// The window: it makes the parts, places them, and turns keys and menu items into calls of the workbench.
#pragma once

#include <QMainWindow>
#include <QTimer>
#include <memory>

#include "app/instruments.h"
#include "app/settings.h"
#include "app/workbench.h"
#include "core/base/thread_pool.h"

class QActionGroup;
class QLabel;
class QMenu;
class QMenuBar;
class QProgressBar;
class QPushButton;
class QUndoStack;

namespace app {

class CanvasVulkan;
class Bookmarks;
class CanvasWidget;
class CapacityDock;
class Commands;
class CompareDock;
class CursorHistory;
class HintsDock;
class InspectorDock;
class InstrumentDock;
class LayoutUndo;
struct TearableInstrument;
class Dock;
class NotesDock;
class ProfileDock;
class PromptDock;
class QtTextShaper;
class QuestionDock;
class RunEdits;
class SecondRun;
class SessionsDock;
class ToolBar;

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  // `settingsFile` is read now and written when the window closes.
  MainWindow(Services services, QString settingsFile, QWidget* parent = nullptr);
  ~MainWindow() override;

  Workbench& workbench() { return *m_workbench; }
  CanvasWidget& band() { return *m_band; }    // strip, stage rail, expert band
  CanvasWidget& lower() { return *m_lower; }  // ledger, prediction
  PromptDock& prompt() { return *m_prompt; }
  Commands& commands() { return *m_commands; }
  QUndoStack& undoStack() { return *m_undo; }
  SecondRun& secondRun() { return *m_second; }
  const Instruments& instruments() const { return *m_instruments; }

  // Opens the run that was looked at last; without one, the bundled model with the sample prompt.
  void start();

  void applyTheme();
  void setThemeChoice(ThemeChoice choice);
  void setTextScale(double scale);
  void togglePlay();
  // An instrument in a canvas of its own: floating at first, a dock like the others.
  void tearOut(ui::Instrument instrument);
  void showSettings();
  void changeSettings(const Settings& settings);
  bool playing() const { return m_play.isActive(); }

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void makeParts();
  void arrangeDocks();
  void undoLayoutOf(QDockWidget& dock);
  void showUndoably(QDockWidget& dock, bool shown);
  void connectCommands();
  void makeMenus();
  QList<QDockWidget*> docks() const;
  void makeStatusBar();
  void connectParts();
  void showState();
  int lowerHeight() const;
  int highestBand() const;
  void shareLowerBand();
  void playOn();
  void openFolder();
  void openSnapshot();
  void askPrice(const ModelPrice& price);
  void addDeviceMenu(QMenu& menu);
  void showDevices(QMenu& menu);
  void goTo();
  void showKeys();
  void showCommands(bool tokensOnly);
  void findAgain();
  void stopOrLeave();
  void editBookmark();
  void forgetRun();
  void emptyBin();
  void extendRange(int token);
  void dragRange(int from, int under);
  void setRange(int one, int other);
  void compareWith(std::optional<core::RunId> id);
  void compareDevices();
  void showCompare(bool shown);
  void branchWith(int place);
  void chooseBranch();
  void exportRun();
  void savePicture();
  ui::Instrument chosenInstrument() const;
  void copyPicture();
  void copyTable();
  void focusNextPanel(int by);
  void runAgain(core::Capture capture);
  void act(ui::Action action);
  std::vector<CanvasWidget*> canvases() const;
  void refreshPictures();
  void connectCanvas(CanvasWidget& canvas, CanvasPart part, ui::Instrument own);
  void showIn(CanvasWidget& canvas, CanvasPart part, ui::Instrument own);
  InstrumentDock* instrumentDock(const TearableInstrument& tearable);
  void makeTornOut(const QStringList& keys);
  QStringList tornOutKeys() const;
  void addTearMenu(QMenu& menu);
  void openPainter();
  void usePainter(CanvasWidget& canvas);
  void chooseLens();
  void setCapacity(const core::CapacityOptions& options);
  void setCapacityAsRecorded();
  void showCapacity();
  void chooseRule();
  void clickedOn(const ui::ElementId& id);
  void report(const Problem& problem);

  const QString m_settingsFile;
  Settings m_settings;
  const bool m_systemIsDark;
  std::unique_ptr<QtTextShaper> m_shaper;
  core::ThreadPool m_pool;
  std::function<core::Result<std::shared_ptr<CanvasVulkan>>()> m_openPainter;
  std::unique_ptr<Workbench> m_workbench;
  std::unique_ptr<QUndoStack> m_undo;
  std::unique_ptr<LayoutUndo> m_layoutUndo;
  std::unique_ptr<Bookmarks> m_bookmarks;
  std::unique_ptr<RunEdits> m_edits;
  std::unique_ptr<CursorHistory> m_history;
  std::unique_ptr<SecondRun> m_second;
  std::unique_ptr<Instruments> m_instruments;
  Commands* m_commands = nullptr;
  CanvasWidget* m_band = nullptr;
  CanvasWidget* m_lower = nullptr;
  QMenuBar* m_menus = nullptr;
  ToolBar* m_tools = nullptr;
  Dock* m_lowerDock = nullptr;
  PromptDock* m_prompt = nullptr;
  SessionsDock* m_sessions = nullptr;
  InspectorDock* m_inspector = nullptr;
  HintsDock* m_hints = nullptr;
  NotesDock* m_notes = nullptr;
  QuestionDock* m_question = nullptr;
  CompareDock* m_compare = nullptr;
  CapacityDock* m_capacity = nullptr;
  ProfileDock* m_profile = nullptr;
  std::vector<InstrumentDock*> m_tornOut;
  std::shared_ptr<CanvasVulkan> m_painter;  // null: the raster
  std::unique_ptr<EngineThread> m_painterOpener;
  QLabel* m_saved = nullptr;
  QLabel* m_keys = nullptr;
  QProgressBar* m_bar = nullptr;
  QPushButton* m_cancel = nullptr;
  QTimer m_play;
  QString m_found;        // what F3 looks for again
  int m_rangeBegan = -1;  // the token a range was begun at by key
  bool m_arranged = false;
  bool m_closing = false;
};

}  // namespace app
