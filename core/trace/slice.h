// A part of a run: a range of tokens and of layers, as a trace of its own. Token 0 of the part is the range's first.
//
// Where a capacity rule acts or is simulated, its queue is the whole run's: slots and kept choices stand in the part as
// they were decided there, and the part's own info names no rule, since nothing can be decided again from it.
#pragma once

#include "core/trace/trace.h"

namespace core {

struct TraceRange {
  int firstToken = 0, lastToken = 0;  // both included
  int firstLayer = 0, lastLayer = 0;

  bool isWhole(const Trace& trace) const {
    return firstToken == 0 && lastToken == trace.length() - 1 && firstLayer == 0 &&
           lastLayer == trace.config().layers - 1;
  }
};
TraceRange wholeRange(const Trace& trace);

// Rows of the first `count` tokens with all ids, under another info: what another run goes on from.
Trace firstTokens(const Trace& trace, int count, std::shared_ptr<const RunInfo> info);

// Errors: a range that is not inside the run.
Result<Trace> sliceTrace(const Trace& trace, const TraceRange& range);

}  // namespace core
