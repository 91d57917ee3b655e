// The tables of the session database, their version, and the way from older versions to this one.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "core/store/database.h"

namespace core {

constexpr int kSchemaVersion = 4;
constexpr int kApplicationId = 0x58505343;  // "XPSC"

// One step of the way, from version `from` to `from + 1`.
struct Migration {
  int from = 0;
  const char* sql = "";
};

struct SchemaState {
  int version = 0;             // as stored; 0: an empty file
  bool newer = false;          // made by a newer program: may be read, must not be written
  std::filesystem::path copy;  // made before a migration; empty: none was needed
};

// Makes the tables in an empty file, or brings an older file up to date, after a copy of it was made beside it
// (`sessions.db.v1.bak`). Errors: another program's database, no room for the copy, a failed step (the file then is as
// it was). Throws SQLite::Exception.
Result<SchemaState> prepareSchema(SQLite::Database& database, const std::filesystem::path& path);

// What the file says of itself. Error: another program's database. Throws SQLite::Exception.
Result<SchemaState> readSchema(SQLite::Database& database, const std::filesystem::path& path);

// The same without writing: says what there is. Errors: another program's database, an empty one, an older version.
Result<SchemaState> inspectSchema(SQLite::Database& database, const std::filesystem::path& path);

// Steps from `state.version` to `target`; each in a transaction with its version. The parts of prepareSchema, for
// tests.
Status migrate(SQLite::Database& database, SchemaState& state, const std::filesystem::path& path,
               std::span<const Migration> steps, int target);

// For databases that came from elsewhere: a quick check of the whole file, and every table exactly as this program
// makes it, so that no view, trigger, generated column or foreign virtual table stands where we read.
Status checkForeign(SQLite::Database& database, const std::filesystem::path& path);

}  // namespace core
