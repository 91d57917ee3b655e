// A run as a session database of its own: the format of docs/FORMAT.md with one run in it, everything that was recorded
// included. Expertscope opens it like the user's own, and so does anything that reads SQLite.
#pragma once

#include <filesystem>

#include "core/snapshot/tensors.h"

namespace core {

inline constexpr std::string_view kDatabaseExtensions = ".db or .sqlite";

bool isDatabasePath(const std::filesystem::path& path);

// The file appears whole or not at all. `interrupted`: the run did not come to its end. Errors: the file exists already
// (a database may hold the only copy of other runs, so none is replaced), what the disk says.
Status writeDatabase(const Trace& trace, const std::filesystem::path& path, bool interrupted = false);

}  // namespace core
