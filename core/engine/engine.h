// The one door to a running model. CpuEngine and GpuEngine stand behind it; everything above sees only this.
//
// An engine hands out raw tensors while it computes (TensorSink); what people look at (margins, entropies, surprisal, the
// ledger) is derived from them in one place, core/trace/recorder, for both devices alike.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/engine/profile.h"
#include "core/model/model.h"

namespace core {

class SpareFloats;
class ThreadPool;

// How much of a run is kept. None: nothing but the logits (generation without a trace, benchmarks).
enum class Capture : uint8_t { None, Routing, Ledger, Full };

// Rows of one layer for `tokens` consecutive tokens. Pointers are valid during the call only and null where the layer has
// no such tensor or the capture level does not ask for it. Float rows are f32.
struct LayerTensors {
  int layer = 0;
  int firstToken = 0;  // position in the sequence
  int tokens = 0;      // T
  // Routing and above
  const float* routerLogits = nullptr;     // (T, E) after a router bias
  const float* routerScores = nullptr;     // (T, E) where a router scores before it chooses
  const float* routerSelection = nullptr;  // (T, E) where top-k saw something else than the scores
  const int32_t* ids = nullptr;            // (T, K) best first
  const float* weights = nullptr;          // (T, K) as applied; a dropped choice keeps the weight it would have had
  const int32_t* kept = nullptr;           // (T, K) 1 or 0, families with a capacity rule
  const int32_t* slot = nullptr;           // (T, K)
  // Routed attention: its own router, whose choices are never dropped.
  const float* attentionRouterLogits = nullptr;  // (T, E) with E and K of the attention router
  const int32_t* attentionIds = nullptr;         // (T, K) best first
  const float* attentionWeights = nullptr;       // (T, K)
  // Ledger and above. The stream gets `attention` and `dense` as they are, and residualScale times `experts`, `shared`
  // and `routed`.
  const float* in = nullptr;       // (T, D) residual stream before the layer
  const float* attention = nullptr;  // (T, D)
  const float* experts = nullptr;  // (T, K, D) weighted output of each choice, zero where dropped
  const float* shared = nullptr;   // (T, D) after its gate
  const float* dense = nullptr;    // (T, D) block of a dense layer
  const float* out = nullptr;      // (T, D) residual stream after the layer
  // Full
  const float* routed = nullptr;   // (T, D) sum of the routed experts, weighted
};

struct LogitsTensors {
  int firstToken = 0;
  int tokens = 0;               // T
  const float* logits = nullptr;  // (T, V)
};

// Called in the order of the computation: every layer of a forward pass, then the logits in blocks of rows. An error
// returned from a call ends the forward pass with that error.
class TensorSink {
 public:
  virtual ~TensorSink() = default;
  virtual Status layer(const LayerTensors& rows) = 0;
  virtual Status logits(const LogitsTensors& rows) = 0;
};

class Interventions;  // core/engine/intervention.h

struct RunOptions {
  Capture capture = Capture::Routing;
  // For families with a capacity rule of their own: another rule or factor. Others ignore them (there they are simulated
  // on the recorded choices, see core/trace/dispatch.h).
  std::optional<CapacityRule> capacityRule;
  std::optional<double> capacityFactor;
  // The length of the prompt that this call is a piece of: rope scalings that adapt to the length (dynamic, longrope) use
  // it. 0: what the context holds plus this call.
  int sequenceLength = 0;
  // Logits of the last row only (warm-up of a context whose trace exists).
  bool lastLogitsOnly = false;
  // Takes the time of each operation; null: nothing is measured.
  Profile* profile = nullptr;
  // Changes to the routing while it runs, or none. An engine that does not run them refuses.
  std::shared_ptr<const Interventions> interventions;
  // Called between layers (CPU) or submissions (GPU) with the share done, 0 to 1; false cancels the call.
  std::function<bool(double done)> progress;
};

// What a sequence remembers: keys, values and how many tokens it has seen.
class Context {
 public:
  virtual ~Context() = default;
  virtual int length() const = 0;    // tokens run so far
  virtual int capacity() const = 0;  // tokens it can hold
  virtual void truncate(int length) = 0;  // forgets the tokens from `length` on; length <= length()
  virtual Result<std::unique_ptr<Context>> fork() const = 0;  // a copy that goes its own way
};

struct EngineInfo {
  std::string engine;   // "cpu" or "gpu"
  std::string device;   // as the system names it
  std::string driver;   // "" on the CPU
  std::string kernels;  // variant in use: "avx512", "tiles", ...
  friend bool operator==(const EngineInfo&, const EngineInfo&) = default;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const Model& model() const = 0;
  virtual const EngineInfo& info() const = 0;

  // Threads that rest while a sink is called: it may run its loops on them. Null: none.
  virtual ThreadPool* threads() { return nullptr; }

  // Memory that a sink may borrow from the engine, so that one run after another need not ask the system. Null: none.
  virtual SpareFloats* spareFloats() { return nullptr; }

  // Room for `tokens` tokens. Errors: out of memory, device too small.
  virtual Result<std::unique_ptr<Context>> newContext(int tokens) = 0;

  // Runs `ids` (T) after what the context holds. Families with a capacity rule take the ids of one call as one group; a
  // call with a single id never drops. Errors: id outside the vocabulary, context full, cancelled, a weight file that
  // changed, device lost; the context is then as it was before the call.
  virtual Status forward(Context& context, std::span<const int32_t> ids, const RunOptions& options, TensorSink& sink) = 0;
};

}  // namespace core
