// A whole run: prompt, then generated tokens, recorded into a Trace. Used by the command line and the window alike.
#pragma once

#include <functional>

#include "core/engine/engine.h"
#include "core/trace/trace.h"

namespace core {

struct RunRequest {
  std::optional<std::string> prompt;  // what the model is given, for the record
  std::string chat;                   // form it was wrapped in, for the record; empty: none
  std::vector<int32_t> ids;           // prompt, special tokens included
  int specialTokens = 0;
  int generate = 0;                   // tokens to add
  bool stopAtEnd = false;             // stop at the end-of-sequence token
  Sampling sampling;
  Capture capture = Capture::Ledger;
  // Another rule or factor. Families with a rule of their own run with it; for the others, giving either simulates drops
  // on the recorded choices (rule gshard and factor 1 where not given). Either way trace.info().capacity says what holds.
  std::optional<CapacityRule> capacityRule;
  std::optional<double> capacityFactor;
  int chunk = 0;                      // tokens a forward call, 0: chosen by the runner
  bool profile = false;               // measure where the time goes
  int64_t ledgerBytes = int64_t{64} << 20;  // memory for the parts of one call; past it they are computed twice
};

struct RunProgress {
  int done = 0, total = 0;  // tokens
  double share = 0;         // of everything, 0 to 1
};

struct RunCallbacks {
  std::function<bool(const RunProgress&)> progress;  // false cancels
  std::function<void(const Trace&)> published;       // a new value after each finished block of rows
};

struct RunResult {
  Trace trace;
  bool endedAtContextLimit = false;
  std::optional<Profile> profile;  // where asked for
  bool cancelled = false;  // the trace holds what was run until then
};

// A run that can go on: it keeps the engine's context, so that more tokens continue where it stands.
class Session {
 public:
  // Runs the prompt and request.generate tokens. Errors: empty ids, an id outside the vocabulary, a prompt longer than the
  // context (the limit is in the message), and whatever the engine says. A cancelled run is no error: result().cancelled.
  static Result<std::unique_ptr<Session>> start(const std::shared_ptr<Engine>& engine, const RunRequest& request,
                                                const RunCallbacks& callbacks = {});
  ~Session();

  // Adds `tokens` tokens by the request's sampling; `forced` takes this id as the first of them instead of sampling it.
  Status generate(int tokens, const RunCallbacks& callbacks = {}, std::optional<int32_t> forced = {});

  // Whether a run can go on behind the first `kept` tokens of `record` with what this session's context holds: the same
  // model, engine and tokens, and rows of all of them. Where a prompt queues as one group, its tokens depend on those
  // behind them; where the rotation adapts to the length of the prompt, so do its keys: neither can be cut inside.
  enum class Holds : uint8_t { Yes, OtherTokens, OneGroup, OtherRotation };
  Holds holds(const Trace& record, int kept) const;

  // A session of its own behind those tokens, holds() being Yes: the rows are taken over, the context is forked, and
  // only the last of the tokens is run again, by the first call of generate(), for its logits. `request.ids` is the part
  // of the kept tokens that is a prompt.
  Result<std::unique_ptr<Session>> goOn(const Trace& record, int kept, const RunRequest& request) const;

  // A copy of the context that holds the first `length` tokens.
  Result<std::unique_ptr<Context>> forkContext(int length) const;

  const Trace& trace() const;
  const RunResult& result() const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

}  // namespace core
