// Keeps a run that is over in the session database, and what was made from it.
#pragma once

#include <optional>
#include <string>

#include "app/cli/store_options.h"

namespace app {

// A row with this name (empty: none), under the run it was made from, if any.
core::Result<core::RunId> keepRun(core::SessionStore& store, const core::Trace& trace, const std::string& name,
                                  bool interrupted, const std::optional<core::RunOrigin>& origin = {});

}  // namespace app
