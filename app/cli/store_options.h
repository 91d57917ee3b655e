// --store: the session database, and runs named by the user.
#pragma once

#include <memory>
#include <string>

#include "app/cli/command.h"
#include "core/store/session_store.h"

namespace app {

struct StorePlace {
  std::string file;  // empty: the user's own database
};

void addStoreOption(CLI::App& command, StorePlace& place);

// For reading and editing: a file that is not there is an error. Says what the store has to say.
core::Result<std::unique_ptr<core::SessionStore>> openStore(const StorePlace& place);
// For keeping a run: makes the file if needed.
core::Result<std::unique_ptr<core::SessionStore>> openOrCreateStore(const StorePlace& place);

// A number, or `last`. Errors: neither, no run at all.
core::Result<core::RunId> runNamed(core::SessionStore& store, const std::string& name);

}  // namespace app
