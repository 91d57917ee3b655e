// A run small enough to be read as text: two layers, the first dense, the second with four experts of which two are
// chosen; a prompt of three tokens and two generated ones, of which the last was not run.
#pragma once

#include "core/trace/trace.h"

namespace test {

struct SmallTraceOptions {
  bool simulated = false;  // a capacity of one slot, simulated on the choices
};

core::Trace smallTrace(const SmallTraceOptions& options = {});

}  // namespace test
