// How a database is opened: for writing if the file allows it, else for reading, and what is said about it.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>

#include "core/store/owner.h"
#include "core/store/schema.h"
#include "core/store/session_store_state.h"

namespace core {
namespace {

namespace fs = std::filesystem;

std::string memoryName() {
  static std::atomic<int> count{0};
  return fmt::format("file:/expertscope-{}-{}?vfs=memdb", getpid(), count++);
}

// Made before SQLite opens it, so that nobody else could read it in between; the log files get the same mode from
// SQLite.
Status makeFile(const fs::path& path) {
  std::error_code problem;
  const fs::path folder = fs::absolute(path).parent_path();
  if (!fs::exists(folder, problem)) {
    fs::create_directories(folder, problem);
    if (!problem) fs::permissions(folder, fs::perms::owner_all, problem);
  }
  if (problem) return fail("{}: cannot make the folder: {}", folder.string(), problem.message());
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
  return {};
}

bool hasLog(const fs::path& path) {
  std::error_code ignored;
  const auto size = fs::file_size(path.string() + "-wal", ignored);
  return !ignored && size > 0;
}

std::unique_ptr<SQLite::Database> connectReading(StoreAddress& address, std::vector<std::string>& notes) {
  address.options.readOnly = true;
  try {
    auto database = connect(address.name, address.options);
    queryNumber(*database, "SELECT count(*) FROM sqlite_schema");
    return database;
  } catch (const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xff;
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) throw;
  }
  // A folder where the log's index cannot be made: read the file as it lies.
  address.name = fileUri(address.path, "immutable=1");
  if (hasLog(address.path)) {
    notes.push_back(
        "the folder is read-only and the newest changes lie in the write-ahead log beside the file: they are "
        "not shown; copy both files to a writable folder to see them");
  }
  return connect(address.name, address.options);
}

Result<std::unique_ptr<SQLite::Database>> openReading(StoreAddress& address, bool foreign,
                                                      std::vector<std::string>& notes) {
  auto database = connectReading(address, notes);
  TRY_ASSIGN(const SchemaState state, inspectSchema(*database, address.path));
  if (foreign) TRY_STATUS(checkForeign(*database, address.path));
  if (state.newer) {
    notes.push_back(fmt::format("made by a newer program (schema version {}, this program writes {}): opened read-only",
                                state.version, kSchemaVersion));
  }
  return database;
}

bool cannotWrite(const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xff;
  return code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM;
}

// Looks at an existing file without writing. A file that cannot be looked at so (a log must be rolled back first) is
// taken for one of ours; opening it for writing decides.
Result<bool> isNewer(const StoreAddress& address) {
  std::error_code problem;
  const auto size = fs::file_size(address.path, problem);
  if (address.path == ":memory:" || problem || size == 0) return false;
  ConnectionOptions options = address.options;
  options.readOnly = true;
  try {
    const auto database = connect(address.name, options);
    TRY_ASSIGN(const SchemaState state, readSchema(*database, address.path));
    return state.newer;
  } catch (const SQLite::Exception& error) {
    if (!cannotWrite(error)) throw;
    return false;
  }
}

}  // namespace

Result<std::unique_ptr<SQLite::Database>> openDatabase(StoreAddress& address, const StoreOptions& options,
                                                       bool& readOnly, std::vector<std::string>& notes) {
  const bool inMemory = address.path == ":memory:";
  address.name = inMemory ? memoryName() : fileUri(address.path, "");
  address.options.vfs = inMemory ? "" : options.vfs;
  address.options.maxBytes = options.maxBytes;
  readOnly = options.readOnly || options.foreign;
  return guarded(address.place(), [&]() -> Result<std::unique_ptr<SQLite::Database>> {
    std::error_code ignored;
    if (readOnly && !inMemory && !fs::exists(address.path, ignored)) {
      return fail("{}: there is no such file; without a run nothing is stored", address.place());
    }
    if (readOnly) return openReading(address, options.foreign, notes);
    if (!inMemory) TRY_STATUS(makeFile(address.path));
    const bool forbidden = !inMemory && fs::exists(address.path, ignored) && ::access(address.path.c_str(), W_OK) != 0;
    if (!forbidden) {
      try {
        // A newer database and one of another program stay as they are: even opening one for writing could empty its
        // log.
        TRY_ASSIGN(const bool newer, isNewer(address));
        if (newer) {
          readOnly = true;
          return openReading(address, false, notes);
        }
        auto database = connect(address.name, address.options);
        TRY_ASSIGN(SchemaState state, prepareSchema(*database, address.path));
        std::string note;
        prepareWriting(*database, inMemory, note);
        if (!note.empty()) notes.push_back(note);
        if (!state.copy.empty()) {
          notes.push_back(fmt::format("brought up to schema version {}; the file as it was is kept as {}",
                                      state.version, state.copy.string()));
        }
        return database;
      } catch (const SQLite::Exception& error) {
        if (!cannotWrite(error) || !fs::exists(address.path, ignored)) throw;
      }
    }
    readOnly = true;
    notes.push_back("the file or its folder cannot be written: opened read-only, runs are not stored");
    return openReading(address, false, notes);
  });
}

bool writerLives(const SQLite::Statement& row, int firstColumn) {
  const Owner owner{row.getColumn(firstColumn).getInt64(), row.getColumn(firstColumn + 1).getInt64(),
                    row.getColumn(firstColumn + 2).getString()};
  return isAlive(owner, row.getColumn(firstColumn + 3).getInt64(), secondsNow());
}

Result<int> recoverRuns(SQLite::Database& database, const std::string& place) {
  std::vector<RunId> ids;
  {
    SQLite::Statement rows(database,
                           "SELECT id, state, owner_pid, owner_started, owner_machine, heartbeat FROM run "
                           "WHERE indexed = 0");
    while (rows.executeStep()) {
      if (rows.getColumn(1).getString() == "running" && writerLives(rows, 2)) continue;
      ids.push_back(rows.getColumn(0).getInt64());
    }
  }
  int marked = 0;
  for (const RunId id : ids) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    marked +=
        database.exec(fmt::format("UPDATE run SET state = 'interrupted' WHERE id = {} AND state = 'running'", id));
    Result<Trace> trace = readRunHead(database, id, place);
    Status blocks = trace ? readBlocks(database, id, place, *trace, {}) : Status{};
    if (trace && blocks) {
      writePostings(database, id, *trace);
    } else {
      database.exec(fmt::format("UPDATE run SET indexed = 2 WHERE id = {}", id));  // damaged: do not try every time
    }
    transaction.commit();
  }
  return marked;
}

}  // namespace core
