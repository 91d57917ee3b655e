// Runs prompts: the model that is open, its engine, the session that goes on, and the store, all on the engine
// thread. It keeps the session that a run can go on from. What it finds out goes back through RunEvents, which the
// workbench makes thread-safe; nothing here knows Qt.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/engine_thread.h"
#include "app/model_price.h"
#include "core/engine/intervened_run.h"
#include "core/engine/intervention.h"
#include "core/engine/knockout.h"
#include "core/engine/run.h"
#include "core/store/session_store.h"

namespace app {

class CanvasVulkan;

struct MadeEngine {
  std::shared_ptr<core::Engine> engine;
  std::string remark;  // what the user should know about the choice of the device; usually empty
};

// A device as it is offered: "auto", "cpu", or "gpu:N" with the name its driver gives it.
struct DeviceChoice {
  std::string id, name;
  std::string whyNot;  // why it cannot be used; empty: it can
};

// Told how far the making of an engine is, 0 to 1; false: give up, with Error::cancelled.
using OpenProgress = std::function<bool(double share)>;

// Where models, engines and runs come from: the program's, or a test's.
struct Services {
  std::function<core::Result<std::shared_ptr<const core::Model>>(const std::string& nameOrPath)> loadModel;
  std::function<core::Result<MadeEngine>(std::shared_ptr<const core::Model>, const std::string& device,
                                         const OpenProgress& progress)>
      makeEngine;
  std::function<std::vector<DeviceChoice>()> listDevices;
  // The painter of the canvases on a real GPU; null: none, the raster paints.
  std::function<core::Result<std::shared_ptr<CanvasVulkan>>()> openPainter;
  std::filesystem::path storeFile;
  core::StoreOptions storeOptions = {};
  std::string device = "auto";  // to begin with
  LargeModel large = {};        // models from here on are asked about before they are opened
};

struct OpenedModel {
  std::shared_ptr<const core::Model> model;
  std::string remark;
  std::optional<core::Error> deviceError;  // why the chosen device was not taken; the automatic one was
};

constexpr int kUntilStop = -1;       // tokens to generate: until the end-of-sequence token
constexpr int kMostUntilStop = 512;  // ... or this many

// Where the cursor goes when a run is done.
enum class PlaceCursor : uint8_t { LastOfPrompt, FirstDropped };

struct PromptRequest {
  std::string text;  // as the model is given it
  std::string chat;  // the form it was wrapped in (core/text/chat.h), for the record; empty: none
  int generate = 0;
  std::optional<double> simulatedCapacity;  // capacity factor
  core::Capture capture = core::Capture::Ledger;
  core::Sampling sampling;
  PlaceCursor place = PlaceCursor::LastOfPrompt;
  bool keep = true;        // in the database
  bool measure = false;    // how long each kind of operation takes
  bool storeFull = false;  // the tensors of a full run are kept too
};

// A run that repeats a recorded one up to a token and goes its own way from there.
struct FollowRequest {
  core::Trace record;
  int tokens = 0;                  // ids of the record that are taken over, at least one
  std::optional<int32_t> then;     // the token put after them
  int generate = 0;                // tokens to add after that, or kUntilStop
  core::Sampling sampling;         // of what is added
  std::optional<core::RunId> row;  // the record's own row goes on, if this engine is the one that made it
  bool measure = false;
  std::optional<core::Capture> capture;  // another than the record's
};

struct RunEnded {
  core::Trace trace;
  bool cancelled = false;
  bool atContextLimit = false;
  bool canGoOn = true;                           // generate() continues from here
  std::optional<core::Session::Holds> ranAgain;  // a context was there, but the kept tokens had to run again: why
  std::optional<core::Profile> profile;          // of a measured run, all of it
  std::optional<core::Error> error;              // of the engine
  std::optional<core::Error> storeError;         // the run is whole, but not all of it could be saved
};

// A run done again with its routing changed.
struct InterveneRequest {
  core::Trace record;
  bool standing = false;  // it is the run that goes on: nothing of it has to be repeated first
  std::vector<core::Intervention> list;
  std::optional<int32_t> target, distractor;
  std::string name;                   // of the row
  std::optional<core::RunId> parent;  // of the record
};

struct Intervened {
  std::shared_ptr<const core::IntervenedRun> run;  // null: error says why
  std::optional<core::RunId> row;
  std::string remark;  // the engine that is used refused, and another did it
  std::optional<core::Error> error, storeError;
};

struct RunEvents {
  std::function<void(core::RunId)> began;  // has its row in the store
  std::function<void(const core::Trace&)> grown;
  std::function<void(const core::RunProgress&)> progress;
};

class RunRoom {
 public:
  explicit RunRoom(Services services) : m_services(std::move(services)) {}

  // Its files are mapped and checked; nothing changes here.
  core::Result<std::shared_ptr<const core::Model>> load(const std::string& nameOrPath) const;

  // The model stays open until another is; its engine is made with it. An error leaves what was open.
  core::Result<OpenedModel> use(const std::shared_ptr<const core::Model>& model, const OpenProgress& progress);

  // Makes the engine of the open model anew, on this device; models opened later use it too. An error leaves the engine
  // that is there. Returns what the user should know.
  core::Result<std::string> useDevice(const std::string& device, const OpenProgress& progress);

  RunEnded run(const PromptRequest& request, core::SessionStore* store, const CancelToken& cancel,
               const RunEvents& events);

  // Goes on where the last run stands.
  RunEnded generate(int tokens, const CancelToken& cancel, const RunEvents& events);

  // Where the session that went on last holds the kept tokens, its context is forked and nothing before the last of
  // them runs again. Else all of them do; nothing is told or stored before the run has caught up with what it repeats.
  // Greedy and seeded runs repeat themselves exactly on the engine that made them.
  RunEnded follow(const FollowRequest& request, core::SessionStore* store, const CancelToken& cancel,
                  const RunEvents& events);

  // The record's very tokens once more, on another device. The session that goes on stays as it is.
  RunEnded repeatOn(const std::string& device, const core::Trace& record, core::SessionStore* store,
                    const CancelToken& cancel, const RunEvents& events);

  // The record's very tokens once more with every tensor, kept nowhere. The session that goes on stays as it is.
  RunEnded computeTensors(const core::Trace& record, const CancelToken& cancel, const RunEvents& events);

  // The session that goes on stays as it is. An engine that runs no interventions leaves them to the CPU.
  Intervened intervene(const InterveneRequest& request, core::SessionStore* store, const CancelToken& cancel,
                       const std::function<void(double)>& progress);

  // `remark` as Intervened's.
  core::Result<core::Knockout> knockOut(const core::Trace& record, bool standing, const core::KnockoutRequest& request,
                                        const CancelToken& cancel, const std::function<void(double)>& progress,
                                        std::string& remark);

  // Another text on the same engine, as a run like `like`, kept nowhere. The session that goes on stays as it is.
  core::Result<core::Trace> runBeside(const std::string& text, const core::RunInfo& like,
                                      const std::function<bool(double)>& progress);

 private:
  // A run with what it runs on and what it is written with.
  struct Going {
    std::shared_ptr<core::Engine> engine;
    std::unique_ptr<core::Session> session;
    std::unique_ptr<core::RunWriter> writer;
  };
  // What is told and stored of a run while it goes on.
  struct Report {
    core::SessionStore* store;
    const CancelToken& cancel;
    const RunEvents& events;
    RunEnded& ended;
    int least = 0;  // tokens from which on it is told
    int total = 0;  // tokens when it is done, 0: as the session says
    const FollowRequest* follows = nullptr;
    bool storeFull = false;
  };

  // A session over the record's very tokens, and what to do with it.
  using WithSession = std::function<core::Status(const std::shared_ptr<core::Engine>&, const core::Session&)>;
  struct Again {
    const core::Trace& record;
    bool standing = false;
    const CancelToken& cancel;
    const std::function<void(double)>& progress;  // of repeating the record
  };
  core::Status withSession(const Again& again, const WithSession& use);
  core::Status orOnCpu(const Again& again, const WithSession& use, std::string& remark);
  RunEnded repeatWhole(std::shared_ptr<core::Engine> engine, const FollowRequest& request, core::SessionStore* store,
                       const CancelToken& cancel, const RunEvents& events);
  core::Status renewLostEngine();
  core::Status checkModel(const core::Trace& record) const;
  RunEnded start(const core::RunRequest& request, int generate, const Report& report);
  core::Status repeat(Going& going, const core::Session* held, const FollowRequest& request, const Report& report);
  core::Status addTokens(Going& going, int tokens, const CancelToken& cancel,
                         const core::RunCallbacks& callbacks) const;
  static core::RunCallbacks makeCallbacks(Going& going, const Report& report);
  static void beginRow(Going& going, const core::Trace& trace, const Report& report);
  static void settle(Going& going, RunEnded& ended);
  static void save(Going& going, RunEnded& ended);

  Services m_services;
  std::shared_ptr<const core::Model> m_model;
  Going m_going;
  bool m_engineFailed = false;  // a device that was lost stays lost: the next run gets a new engine
};

}  // namespace app
