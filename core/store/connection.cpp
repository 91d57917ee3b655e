#include "core/store/connection.h"

#include <sqlite3.h>

#include <ctime>
#include <thread>

#include "core/store/posting.h"

namespace core {
namespace {

// Switching needs the file alone for a moment, and SQLite does not wait for that itself.
std::string switchToLog(SQLite::Database& database, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    try {
      return queryText(database, "PRAGMA journal_mode=WAL");
    } catch (const SQLite::Exception& error) {
      if ((error.getErrorCode() & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() > end) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

void prepareWriting(SQLite::Database& database, bool inMemory, std::string& note) {
  const std::string mode = inMemory ? "memory" : switchToLog(database, 5000);
  const bool log = mode == "wal";
  if (!log && !inMemory) {
    note = fmt::format(
        "this file system cannot keep a write-ahead log (journal mode {}): whoever reads waits for "
        "whoever writes",
        mode);
  }
  // With the log a commit survives the death of the process without waiting for the disk, and the death of the machine
  // costs the last moments, not the database. Without it every commit waits.
  database.exec(log ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
  database.exec("PRAGMA secure_delete=ON");
  database.exec("PRAGMA journal_size_limit=16777216");
}

int64_t secondsNow() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string utcNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = milliseconds / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, milliseconds % 1000);
}

ByteView blobColumn(const SQLite::Statement& statement, int column) {
  const SQLite::Column value = statement.getColumn(column);
  const auto* bytes = static_cast<const uint8_t*>(value.getBlob());
  return {bytes, bytes ? static_cast<size_t>(value.getBytes()) : 0};
}

void bindBlob(SQLite::Statement& statement, int index, const Bytes& bytes) {
  statement.bindNoCopy(index, bytes.data(), static_cast<int>(bytes.size()));
}

void writePostings(SQLite::Database& database, RunId id, const Trace& trace) {
  const Postings postings = makePostings(trace);
  database.exec(fmt::format("DELETE FROM choice_posting WHERE run = {}", id));
  database.exec(fmt::format("DELETE FROM token_posting WHERE run = {}", id));
  SQLite::Statement choice(database, "INSERT INTO choice_posting VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const ChoicePosting& posting : postings.choices) {
    choice.bind(1, id);
    choice.bind(2, posting.layer);
    choice.bind(3, posting.expert);
    choice.bind(4, posting.choices);
    choice.bind(5, posting.dropped);
    choice.bind(6, posting.firsts);
    choice.bind(7, posting.firstsDropped);
    bindBlob(choice, 8, posting.list);
    choice.exec();
    choice.reset();
  }
  SQLite::Statement token(database, "INSERT INTO token_posting VALUES (?, ?, ?, ?, ?)");
  for (const TokenPosting& posting : postings.tokens) {
    token.bind(1, id);
    token.bind(2, posting.id);
    token.bind(3, posting.occurrences);
    bindBlob(token, 4, posting.positions);
    bindBlob(token, 5, posting.routes);
    token.exec();
    token.reset();
  }
  SQLite::Statement counts(database, "UPDATE run SET dropped = ?, firsts_dropped = ?, indexed = 1 WHERE id = ?");
  counts.bind(1, postings.dropped);
  counts.bind(2, postings.firstsDropped);
  counts.bind(3, id);
  counts.exec();
}

void indexText(SQLite::Database& database, RunId id) {
  database.exec(fmt::format("DELETE FROM run_text WHERE rowid = {}", id));
  database.exec(
      fmt::format("INSERT INTO run_text(rowid, prompt, name, note, tags, model) SELECT id, prompt, name, note, "
                  "(SELECT group_concat(tag, char(10)) FROM tag WHERE run = id), model_name FROM run "
                  "WHERE id = {}",
                  id));
}

}  // namespace core
