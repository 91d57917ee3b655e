#include "core/store/database.h"

#include <sqlite3.h>

#include <algorithm>

namespace core {
namespace {

void configure(SQLite::Database& database, int option, int value) {
  int now = 0;
  if (sqlite3_db_config(database.getHandle(), option, value, &now) != SQLITE_OK || now != value) {
    throw SQLite::Exception(
        fmt::format("this SQLite ({}) cannot set security option {}", sqlite3_libversion(), option));
  }
}

int primaryCode(const SQLite::Exception& error) { return error.getErrorCode() & 0xff; }

}  // namespace

std::unique_ptr<SQLite::Database> connect(const std::string& name, const ConnectionOptions& options) {
  int flags = SQLite::OPEN_URI | SQLite::OPEN_FULLMUTEX;
  flags |= options.readOnly ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  auto database = std::make_unique<SQLite::Database>(name, flags, options.busyMilliseconds, options.vfs);
  sqlite3_extended_result_codes(database->getHandle(), 1);
  configure(*database, SQLITE_DBCONFIG_DEFENSIVE, 1);
  configure(*database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  configure(*database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
  configure(*database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
  configure(*database, SQLITE_DBCONFIG_ENABLE_VIEW, 0);
  configure(*database, SQLITE_DBCONFIG_DQS_DDL, 0);
  configure(*database, SQLITE_DBCONFIG_DQS_DML, 0);
  database->exec("PRAGMA mmap_size=0");
  database->exec("PRAGMA cell_size_check=ON");
  if (options.maxBytes > 0) {
    const int64_t page = std::max<int64_t>(512, queryNumber(*database, "PRAGMA page_size"));
    database->exec(fmt::format("PRAGMA max_page_count={}", std::max<int64_t>(1, options.maxBytes / page)));
  }
  return database;
}

std::string fileUri(const std::filesystem::path& path, const std::string& parameters) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '-' || c == '_';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return parameters.empty() ? uri : uri + "?" + parameters;
}

bool isDamage(const std::exception& error) {
  const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&error);
  return sqlite && (primaryCode(*sqlite) == SQLITE_CORRUPT || primaryCode(*sqlite) == SQLITE_NOTADB);
}

Error storeError(const std::string& place, const std::exception& error) {
  const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&error);
  if (!sqlite) return {fmt::format("{}: {}", place, error.what())};
  switch (primaryCode(*sqlite)) {
    case SQLITE_FULL:
      return {
          fmt::format("{}: the disk (or the size limit of this database) is full; what was saved before is kept. "
                      "Free some space or delete sessions, then go on",
                      place)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {
          fmt::format("{}: cannot be written ({}); expected a writable file in a writable folder. Runs can be read, "
                      "not changed: copy the file elsewhere or choose another with --store",
                      place, sqlite->what())};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {
          fmt::format("{}: damaged or not a database ({}); it was not changed. Rescue what can be read into a new "
                      "file, or choose another with --store",
                      place, sqlite->what())};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {fmt::format("{}: another program has been writing to it for several seconds; try again when it is done",
                          place)};
    case SQLITE_CANTOPEN:
      return {fmt::format("{}: cannot be opened ({}); expected a file in a folder that exists and may be used", place,
                          sqlite->what())};
    case SQLITE_IOERR:
      return {fmt::format("{}: the disk reported an error ({}); what was saved before is kept", place, sqlite->what())};
    default:
      return {fmt::format("{}: {}", place, sqlite->what())};
  }
}

int64_t queryNumber(SQLite::Database& database, const char* sql) {
  SQLite::Statement statement(database, sql);
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

std::string queryText(SQLite::Database& database, const char* sql) {
  SQLite::Statement statement(database, sql);
  return statement.executeStep() ? statement.getColumn(0).getString() : std::string();
}

}  // namespace core
