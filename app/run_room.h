// The engine's side of the workbench: opens models, runs prompts and writes runs into the store, all on the engine
// thread. It keeps the session that a run can go on from. What it finds out goes back through RunEvents, which the
// workbench makes thread-safe; nothing here knows Qt.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/engine_thread.h"
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

// Where models, engines and runs come from: the program's, or a test's.
struct Services {
  std::function<core::Result<std::shared_ptr<const core::Model>>(const std::string& nameOrPath)> loadModel;
  std::function<core::Result<MadeEngine>(std::shared_ptr<const core::Model>, const std::string& device)> makeEngine;
  std::function<std::vector<DeviceChoice>()> listDevices;
  // The painter of the canvases on a real GPU; null: none, the raster paints.
  std::function<core::Result<std::shared_ptr<CanvasVulkan>>()> openPainter;
  std::filesystem::path storeFile;
  std::string device = "auto";  // to begin with
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
  std::string text;
  int generate = 0;
  std::optional<double> simulatedCapacity;  // capacity factor
  core::Capture capture = core::Capture::Ledger;
  core::Sampling sampling;
  PlaceCursor place = PlaceCursor::LastOfPrompt;
};

struct RunEnded {
  core::Trace trace;
  bool cancelled = false;
  bool atContextLimit = false;
  std::optional<core::Error> error;       // of the engine
  std::optional<core::Error> storeError;  // the run is whole, but not all of it could be saved
};

struct RunEvents {
  std::function<void(core::RunId)> began;  // has its row in the store
  std::function<void(const core::Trace&)> grown;
  std::function<void(const core::RunProgress&)> progress;
};

class RunRoom {
 public:
  explicit RunRoom(Services services) : m_services(std::move(services)) {}

  // The model stays open until another is; its engine is made with it.
  core::Result<OpenedModel> open(const std::string& nameOrPath);

  // Makes the engine of the open model anew, on this device; models opened later use it too. An error leaves the engine
  // that is there. Returns what the user should know.
  core::Result<std::string> useDevice(const std::string& device);

  RunEnded run(const PromptRequest& request, core::SessionStore* store, const CancelToken& cancel,
               const RunEvents& events);

  // Goes on where the last run stands.
  RunEnded generate(int tokens, const CancelToken& cancel, const RunEvents& events);

  // Runs a finished run again from its record, with `tokens` more; greedy and seeded runs repeat themselves exactly.
  RunEnded runAgain(const core::Trace& trace, int tokens, core::SessionStore* store, const CancelToken& cancel,
                    const RunEvents& events);

 private:
  core::Status renewLostEngine();
  RunEnded start(const core::RunRequest& request, int generate, core::SessionStore* store, const CancelToken& cancel,
                 const RunEvents& events);
  core::Status addTokens(int tokens, const CancelToken& cancel, const core::RunCallbacks& callbacks);
  core::RunCallbacks makeCallbacks(const CancelToken& cancel, const RunEvents& events, RunEnded& ended);
  void begin(const core::Trace& trace, core::SessionStore* store, const RunEvents& events, RunEnded& ended);
  void save(RunEnded& ended);

  Services m_services;
  std::shared_ptr<const core::Model> m_model;
  std::shared_ptr<core::Engine> m_engine;
  bool m_engineFailed = false;  // a device that was lost stays lost: the next run gets a new engine
  std::unique_ptr<core::Session> m_session;
  std::unique_ptr<core::RunWriter> m_writer;
};

}  // namespace app
