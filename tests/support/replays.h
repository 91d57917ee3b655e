// A made run and its replays, as tests of replays begin.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/trace/replay.h"
#include "tests/support/made_trace.h"

namespace test {

inline core::Trace must(core::Result<core::Trace> trace) {
  if (trace) return *trace;
  ADD_FAILURE() << trace.error().message;
  std::abort();
}

inline core::Trace replayed(const core::Trace& recorded, const core::ReplayOptions& options, int threads = 2) {
  core::ThreadPool pool(threads);
  return must(core::replay(recorded, options, pool));
}

inline core::Trace someRun(int experts = 8, int chosen = 2) {
  MadeTrace options;
  options.router = plainRouter(experts, chosen);
  options.layers = 3;
  return makeTrace(options);
}

inline core::ReplayOptions with(core::PolicyKind kind, const core::Trace& trace) {
  return core::replayBy(core::defaultPolicy(kind, trace.config().router));
}

}  // namespace test
