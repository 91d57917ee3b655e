// Writes one run into the database while it is produced. append() is cheap: it looks at the clock and usually returns;
// about ten times a second, and never so often that writing takes more than a tenth of the run's time, it adds what is
// new in one transaction. finish() writes the rest, the posting lists that questions are answered from, and the final
// state. Killed at any moment, the database holds everything up to savedTokens().
//
// Made by SessionStore::beginRun. Used from one thread (the engine's). An error leaves the database as it was after the
// last success; the run may go on, and the next call tries to write all that is missing again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "core/base/result.h"
#include "core/trace/trace.h"

namespace core {

using RunId = int64_t;

struct WriteOptions {
  bool storeFull = false;  // keep `full` tensors too; otherwise they are recomputed from ids and options when needed
  std::chrono::milliseconds interval{100};  // between two writes, at least
};

enum class RunEnd : uint8_t { Complete, Interrupted, Cancelled };

class RunWriter {
 public:
  // A writer that was not finished ends its run as interrupted.
  ~RunWriter();
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  RunId id() const;

  // `trace` continues what was appended before: longer or the same. After finish() it makes the run running again.
  Status append(const Trace& trace);
  Status flush();  // writes now what append() has put off
  Status finish(const Trace& trace, RunEnd end = RunEnd::Complete);

  int savedTokens() const;      // from the start on, whose rows are on disk in every layer
  double secondsSpent() const;  // in writing, so far

 private:
  friend class SessionStore;
  struct State;
  explicit RunWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

}  // namespace core
