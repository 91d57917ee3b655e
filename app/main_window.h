// The window: it makes the parts, places them, and turns keys and menu items into calls of the workbench.
#pragma once

#include <QMainWindow>
#include <QTimer>
#include <memory>

#include "app/instruments.h"
#include "app/settings.h"
#include "app/workbench.h"
#include "core/base/thread_pool.h"
#include "core/trace/replay.h"

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
class ChangedRun;
class ChangePage;
class Commands;
class CloseCallsPage;
class CloseCallsRun;
class CompareDock;
class CursorHistory;
class HintsDock;
class InspectorDock;
class InstrumentDock;
class KnockoutPage;
class KnockoutRun;
class LayoutUndo;
class Lab;
class LabDock;
class LabPage;
struct TearableInstrument;
class Dock;
class MeasuresJob;
class NotesDock;
class ProfileDock;
class PlacementPage;
class PoliciesPage;
class PushLens;
class PushPage;
class PolicySweep;
class PromptDock;
class QtTextShaper;
class QuestionDock;
class RunEdits;
class SecondRun;
class SessionsDock;
class SystemTheme;
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
  Lab& lab() { return *m_lab; }
  ChangedRun& changedRun() { return *m_changed; }
  KnockoutRun& knockoutRun() { return *m_knockout; }
  PolicySweep& policySweep() { return *m_sweep; }
  CloseCallsRun& closeCalls() { return *m_closeCalls; }
  PushLens& pushLens() { return *m_push; }
  const Instruments& instruments() const { return *m_instruments; }

  // Opens the run that was looked at last; without one, the bundled model with the sample prompt.
  void start();

  void applyTheme();
  void setThemeChoice(ThemeChoice choice);
  void setSystemIsDark(bool dark);  // shown where the choice is to look as the system does
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
  void useFirstOf(const CanvasWidget& canvas);
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
  void connectViewCommands();
  void chooseLens();
  void zoomBy(float factor);  // of tokens x experts; 0: the whole run
  void scrollFocused(float notches);
  void scrollMeasures(const ui::ElementId& rest);
  void wheeledOver(const CanvasWidget& canvas, const ui::ElementId& id, QPointF at, QPointF notches,
                   Qt::KeyboardModifiers modifiers);
  void showOther(const CanvasWidget& canvas, ui::Instrument one, ui::Instrument other, ui::Instrument& shown,
                 const QString& bothInView);
  void showOtherHeatMap();
  void showOtherLower();
  void setCapacity(const core::CapacityOptions& options);
  void setCapacityAsRecorded();
  void showCapacity();
  void chooseRule();
  void makeLab();
  void connectLab();
  void showLabPictures();
  void giveLabItsHeight();
  void setReplay(const std::optional<core::ReplayOptions>& change);
  void keepReplay();
  void banHere();
  void choosePolicy(core::PolicyKind kind);
  void compareChanged(std::optional<core::RunId> row, const core::Trace& trace, const QString& name);
  void showRecorded();
  void clickedOn(const ui::ElementId& id);
  void report(const Problem& problem);

  const QString m_settingsFile;
  Settings m_settings;
  bool m_systemIsDark;
  std::unique_ptr<SystemTheme> m_systemTheme;
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
  std::unique_ptr<Lab> m_lab;
  std::unique_ptr<ChangedRun> m_changed;
  std::unique_ptr<KnockoutRun> m_knockout;
  std::unique_ptr<PolicySweep> m_sweep;
  std::unique_ptr<CloseCallsRun> m_closeCalls;
  std::unique_ptr<PushLens> m_push;
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
  LabDock* m_labDock = nullptr;
  LabPage* m_labPage = nullptr;
  ChangePage* m_changePage = nullptr;
  KnockoutPage* m_knockoutPage = nullptr;
  PoliciesPage* m_policiesPage = nullptr;
  PushPage* m_pushPage = nullptr;
  CloseCallsPage* m_closeCallsPage = nullptr;
  PlacementPage* m_placementPage = nullptr;
  CanvasWidget *m_measures = nullptr, *m_coactivation = nullptr;  // of the lab
  std::unique_ptr<MeasuresJob> m_measuresJob;
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
