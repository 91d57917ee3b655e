// Keeps a run that is over in the session database, and what was made from it.
#pragma once

#include <optional>
#include <string>

#include "app/cli/store_options.h"
#include "core/engine/knockout.h"

namespace app {

// A row with this name (empty: none), under the run it was made from, if any.
core::Result<core::RunId> keepRun(core::SessionStore& store, const core::Trace& trace, const std::string& name,
                                  bool interrupted, const std::optional<core::RunOrigin>& origin = {});

// A sweep as the store keeps it, of no run yet. `engine` silenced the experts.
core::StoredKnockout storedKnockout(const core::KnockoutRequest& request, const core::Knockout& knockout,
                                    const std::string& engine);

}  // namespace app
