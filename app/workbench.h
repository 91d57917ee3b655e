// What the window is about: the open model, the current run, the cursor and the open store. Views listen to its signals
// and ask it to act; they never talk to each other. All computing and all of the disk happen on its two threads,
// results come back as queued calls: nothing here waits.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "app/engine_thread.h"
#include "app/model_price.h"
#include "app/problem.h"
#include "app/run_room.h"
#include "core/base/thread_pool.h"
#include "core/store/session_store.h"
#include "ui/views/cursor.h"
#include "ui/views/source.h"

namespace app {

class Workbench : public QObject {
  Q_OBJECT

 public:
  // What the window is busy with, for buttons and the status line.
  enum class Activity { Idle, OpeningModel, Running, Generating, OpeningRun, Computing };

  explicit Workbench(Services services, QObject* parent = nullptr);
  ~Workbench() override;

  // ---- the model
  // Shows an empty run of the model. `forRun`: opened for the run that is shown, which stays; failing is only noted.
  void openModel(const QString& nameOrPath, bool forRun = false);
  const std::shared_ptr<const core::Model>& model() const { return m_model; }
  // A model that will cost much is not opened before priceAsked() is answered; without an answer everything stays as it
  // is. Models whose content hash is known here, and the one that is open, are not asked about.
  void answerPrice(bool open);
  // Weights are on their way to a device: how far, 0 to 1, and giving up, which leaves the model and device in use.
  double openShare() const { return m_openShare; }
  void cancelOpening();
  void setKnownLarge(const QStringList& hashes) { m_knownLarge = {hashes.begin(), hashes.end()}; }

  // The engine for this model and the next ones: "auto", "cpu" or "gpu:N". Failing leaves the one before in use.
  void setDevice(const QString& device);
  const QString& device() const { return m_device; }
  void listDevices();  // devicesListed() follows: asking the drivers takes a while
  const std::vector<DeviceChoice>& devices() const { return m_devices; }

  // A model folder or file, or a recorded run in a file; what does not open is told and changes nothing.
  void open(const QString& path);
  void openSnapshot(const QString& path);
  const QString& snapshot() const { return m_snapshot; }  // the file that is shown, empty: a run of this program
  bool modelOfRunIsOpen() const;
  QString whyNotGenerate() const;  // empty: it can go on

  // ---- the run
  void run(const PromptRequest& request);
  // Adds tokens, or kUntilStop, in the run's own row. What would not be the same run any more (another engine, other
  // sampling) becomes a branch.
  void generate(int tokens);
  // Every tensor of the run that is shown, from its ids and options: what capture `full` records, kept in memory until
  // another run is shown. Where this engine would choose otherwise than the one that made it, that is said and nothing
  // changes.
  void computeTensors();
  // Another token in the place after `token`: a run under this one, which goes on from there.
  void branch(int token, int32_t id);
  void cancel();
  // Of what is generated from now on; a run that is opened brings its own.
  const core::Sampling& sampling() const { return m_sampling; }
  void setSampling(const core::Sampling& sampling);
  Activity activity() const { return m_activity; }
  bool busy() const { return m_activity != Activity::Idle; }
  const core::RunProgress& progress() const { return m_progress; }
  double secondsLeft() const;  // of what runs, as far as it went at this rate; negative: not known
  const core::Trace& trace() const { return m_source.ofBlock().trace; }
  const core::Trace& recorded() const { return m_recorded; }  // the same without a capacity laid over it or a replay
  const ui::ViewSource& source() const { return m_source; }
  std::optional<core::RunId> runId() const { return m_runId; }
  bool canGenerate() const;
  // Runs that begin from now on are measured; a run that goes on is, if it was from its beginning.
  void setMeasured(bool measured) { m_measured = measured; }
  const std::optional<core::Profile>& profile() const { return m_profile; }  // of the run that is shown
  bool runStands() const { return m_sessionSerial == m_serial; }             // the engine's session is at the end of it

  // ---- capacity: another rule or factor, laid over the recorded choices; nothing is run again
  void setCapacity(const core::CapacityOptions& options);
  void setCapacityAsRecorded();
  bool capacityIsLaidOver() const { return m_laid.has_value(); }
  const std::optional<core::CapacityOptions>& capacityLaidOver() const { return m_laid; }
  // The capacity that is shown, as it would be with the simulated rule gshard and factor 1 where there is none.
  core::CapacityOptions capacityToEdit() const;

  // ---- a replay (core/trace/replay.h) in the place of the run it was decided from; the run stays what it is
  void showReplay(const core::Trace& replayed);  // of recorded(), as it stands now; of another run: nothing happens
  void showRecorded();
  bool replayIsShown() const { return m_replayed.has_value(); }

  // ---- two routers a layer (routed attention): which of them the instruments show, the block's or the attention's
  bool hasAttentionRouter() const;
  bool showsAttention() const { return m_source.block != nullptr; }
  void showAttention(bool shown);

  // ---- the cursor
  const ui::Cursor& cursor() const { return m_cursor; }
  void moveTo(const ui::Cursor& cursor);
  void moveToToken(int token);
  void stepToken(int by);
  void stepLayer(int by);
  void stepExpert(int by);
  void stepStage(int by);
  // The first choice that lost its slot, by token, then layer; false: nothing was dropped.
  bool moveToFirstDropped();

  // ---- the sessions
  void listSessions(const core::RunFilter& filter, const core::ListOptions& options = {});
  const std::vector<core::RunRow>& sessions() const { return m_sessions; }
  const std::vector<std::string>& tags() const { return m_tags; }          // in use
  const std::vector<std::string>& models() const { return m_models; }      // with runs
  const std::optional<core::RunRow>& row() const { return m_row; }         // of the current run
  const core::RunRow* rowOf(core::RunId id) const;                         // if it is listed or current; else null
  void openRun(core::RunId id, const std::optional<ui::Cursor>& at = {});  // where it was left, or at a place in it
  void setStarred(core::RunId id, bool starred);
  void renameRun(core::RunId id, const QString& name);
  void setTags(core::RunId id, const std::vector<std::string>& tags);
  void setNote(core::RunId id, const QString& note);
  void setOrigin(core::RunId id, const core::RunOrigin& origin);
  // Hidden until the window closes, then erased for good; undoRemove() brings it back.
  void removeRun(core::RunId id);
  void undoRemove(core::RunId id);
  bool isRemoved(core::RunId id) const { return m_removed.contains(id); }
  void eraseRemoved();  // all that are hidden, now
  void refreshSessions();
  bool readOnly() const { return m_readOnly; }  // runs can be looked at, not changed
  const std::filesystem::path& storeFile() const { return m_storeFile; }
  void useStore(const QString& file);  // runs go there from now on
  // The run that was looked at last, else what the program shows at its first start.
  void openLastRun();

  // ---- work for others: done where the disk or the engine is; the answer is called back here, unless `context` is
  // gone by then. A newer job with the same tag replaces a waiting one; an empty tag replaces nothing.
  using Answer = std::function<void()>;
  void askDisk(const std::string& tag, QObject* context, std::function<Answer()> job);
  void askStore(const std::string& tag, QObject* context, std::function<Answer(core::SessionStore&)> job);
  void askEngine(const std::string& tag, QObject* context,
                 std::function<Answer(RunRoom&, core::SessionStore*, const CancelToken&)> job);
  void cancelJob(const std::string& tag) { m_engine->cancel(tag); }

 signals:
  void modelChanged();
  void traceChanged();  // another run, or the same one with more in it
  void cursorMoved();
  void activityChanged();
  void progressChanged();
  void sessionsChanged();
  void samplingChanged();
  void profileChanged();
  void storeChanged();  // it opened, or did not
  void devicesListed();
  void deviceChanged();
  // The run that has just begun left `parent` at the cursor `from`.
  void branched(core::RunId parent, const ui::Cursor& from, core::RunId branch);
  void runFinished();                 // the run that was going on is whole, cancelled or not
  void nothingStored();               // openLastRun() found no run
  void noted(const QString& remark);  // worth a line in the status bar
  void failed(const app::Problem& problem);
  void priceAsked(const app::ModelPrice& price);

 private:
  struct Mail;  // the newest state of a running run, on its way to this thread

  template <class F>
  void later(F function);  // from any thread: calls function() on this one
  RunEvents makeEvents(int serial);
  void useModel(const std::shared_ptr<const core::Model>& model, bool forRun);
  void modelOpened(const core::Result<OpenedModel>& opened, const QString& name, bool forRun);
  void beginRun(Activity activity);
  void beginActivity(Activity activity);
  void receive(int serial);
  void finish(int serial, const RunEnded& ended);
  void showTensors(int serial, const RunEnded& ended);
  void leaveRun();
  void openStore(const std::filesystem::path& file);
  void reportStore(const std::filesystem::path& file, const core::Error& error);
  void rescueStore();
  QString whatToDoAfter(const core::Error& error) const;
  void showTrace(const core::Trace& recorded);
  core::Trace withCapacity(const core::Trace& recorded);
  void setActivity(Activity activity);
  void setProfile(const std::optional<core::Profile>& profile);
  void setCursor(ui::Cursor cursor);
  int beginOpening();
  OpenProgress openProgress(const CancelToken& token, int serial);
  void saveCursor();
  void follow(FollowRequest request, int landOn);
  void bornAs(core::RunId id);
  void changeRun(std::function<core::Status(core::SessionStore&)> change);

  ui::ViewSource m_source;                // of the run with the capacity that is laid over it
  core::Trace m_recorded;                 // the run as it was made
  std::optional<core::Trace> m_replayed;  // shown in its place, until it grows or another is shown
  core::Trace m_beneath;                  // of a stored replay: the run or replay it was decided from
  std::optional<core::CapacityOptions> m_laid;
  std::shared_ptr<const core::RunInfo> m_laidOn, m_laidInfo;  // the recorded info, and the same with m_laid
  ui::Cursor m_cursor;
  std::shared_ptr<const core::Model> m_model;
  std::optional<core::RunId> m_runId;
  QString m_snapshot;
  QString m_device = "auto";
  std::vector<DeviceChoice> m_devices;
  std::function<std::vector<DeviceChoice>()> m_listDevices;
  std::filesystem::path m_storeFile;
  core::StoreOptions m_storeOptions;
  core::Sampling m_sampling;
  std::optional<core::Profile> m_profile;
  bool m_measured = false;
  bool m_wantsAttention = false;  // where there is one
  std::vector<core::RunRow> m_sessions;
  std::vector<std::string> m_tags, m_models;
  std::optional<core::RunRow> m_row;
  core::RunFilter m_filter;
  core::ListOptions m_listing;
  std::set<core::RunId> m_removed;
  bool m_readOnly = false;
  // A large model that was loaded and waits for the answer.
  struct Waiting {
    std::shared_ptr<const core::Model> model;
    bool forRun = false;
  };
  std::optional<Waiting> m_waiting;
  int m_openSerial = 0;  // of the newest opening; reports of older ones are dropped
  double m_openShare = 0;
  LargeModel m_large;
  std::set<QString> m_knownLarge;
  // What the run that is starting is called and comes from; for branches.
  struct Birth {
    std::optional<core::RunId> parent;
    int token = 0;
    QString name;
    ui::Cursor from;  // in the parent
  };
  std::optional<Birth> m_birth;
  core::RunProgress m_progress;
  Activity m_activity = Activity::Idle;
  int m_serial = 0;          // of the newest run; reports of older ones are dropped
  int m_sessionSerial = -1;  // the run that the engine's session can go on from
  bool m_follow = false;     // the cursor stays on the newest token
  bool m_place = false;      // the cursor is still to be put where the run is worth looking at
  PlaceCursor m_placeWhere = PlaceCursor::LastOfPrompt;
  int m_landOn = -1;  // the token the cursor goes to as soon as it is there
  std::chrono::steady_clock::time_point m_started;
  QTimer m_cursorSaver;
  std::shared_ptr<Mail> m_mail;
  core::ThreadPool m_pool{2};  // decides the drops of the layers

  std::unique_ptr<RunRoom> m_room;  // used by jobs of m_engine only
  // The store, opened by the first job of m_disk; null if it could not be. Jobs of both threads may wait for it and use
  // it: it locks itself.
  std::shared_future<std::shared_ptr<core::SessionStore>> m_store;
  // Last, so that they are joined first. Writes are drained after the computing has ended.
  std::unique_ptr<EngineThread> m_disk;
  std::unique_ptr<EngineThread> m_engine;
};

template <class F>
void Workbench::later(F function) {
  QMetaObject::invokeMethod(this, std::move(function), Qt::QueuedConnection);
}

}  // namespace app
