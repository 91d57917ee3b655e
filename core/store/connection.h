// Inside of core/store: what the store, its writers and its readers share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/store/blob.h"
#include "core/store/database.h"
#include "core/store/session_store.h"

namespace core {

// How to reach the database again, for a connection of one's own.
struct StoreAddress {
  std::filesystem::path path;  // as the user knows it
  std::string name;            // what SQLite opens: the path or a URI
  ConnectionOptions options;
  std::string place() const { return path.string(); }
};

// Settings of a connection that writes. Says in `note` if the file system cannot keep a write-ahead log.
void prepareWriting(SQLite::Database& database, bool inMemory, std::string& note);

std::string utcNow();
int64_t secondsNow();

// Bytes of a column; valid until the statement moves.
ByteView blobColumn(const SQLite::Statement& statement, int column);
void bindBlob(SQLite::Statement& statement, int index, const Bytes& bytes);  // not copied: must outlive the step

// The row, config and ids of a run as an empty trace, then its blocks. Throw SQLite::Exception.
Result<Trace> readRunHead(SQLite::Database& database, RunId id, const std::string& place);
// Adds the stored blocks to `trace`; on an error `trace` holds the blocks before it.
Status readBlocks(SQLite::Database& database, RunId id, const std::string& place, Trace& trace,
                  const std::function<bool(const Trace&)>& published);

// Replaces the run's posting lists and its counts. Inside a transaction of the caller's.
void writePostings(SQLite::Database& database, RunId id, const Trace& trace);

// The row's texts in the search index.
void indexText(SQLite::Database& database, RunId id);

}  // namespace core
