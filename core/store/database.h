// One hardened SQLite connection, and the place where SQLite's exceptions end: inside core/store code may throw, every
// public function runs in guarded() and returns a Result.
//
// Every connection, our own database's too: no extensions, no views, no triggers, trusted_schema off, defensive mode,
// cells checked as they are read, no memory map (a file that shrinks would end the process).
#pragma once

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

#include "core/base/result.h"

namespace core {

struct ConnectionOptions {
  bool readOnly = false;
  bool immutable = false;  // a read-only folder: nobody can write, and no -shm file can be made
  std::string vfs;         // SQLite's name of another file layer; empty: the default one
  int busyMilliseconds = 5000;
  int64_t maxBytes = 0;  // 0: no limit
};

// `name` is a path or a file: URI. Throws SQLite::Exception.
std::unique_ptr<SQLite::Database> connect(const std::string& name, const ConnectionOptions& options);

// A path as a file: URI with these parameters ("mode=ro&immutable=1").
std::string fileUri(const std::filesystem::path& path, const std::string& parameters);

// What a caught exception means to the user, with what to do next. `place` is the database file.
Error storeError(const std::string& place, const std::exception& error);

// True for a damaged file: SQLite's CORRUPT and NOTADB.
bool isDamage(const std::exception& error);

template <class F>
std::invoke_result_t<F> guarded(const std::string& place, F&& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return tl::unexpected<Error>(storeError(place, error));
  }
}

int64_t queryNumber(SQLite::Database& database, const char* sql);
std::string queryText(SQLite::Database& database, const char* sql);

}  // namespace core
