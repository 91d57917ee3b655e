// core/engine/intervention.h and what stands on it, for files that see Qt: one of its functions is called slots, which Qt
// makes a macro of.
#pragma once

#pragma push_macro("slots")
#undef slots
#include "core/engine/intervened_run.h"
#include "core/engine/intervention.h"
#include "core/engine/knockout.h"
#pragma pop_macro("slots")
