// What the user does to stored runs: cursor, name, note, tags, star, removing with undo, erasing for good.
#include <algorithm>

#include "core/store/session_store_state.h"

namespace core {
namespace {

Status expectRun(int changedRows, RunId id, const std::string& place) {
  if (changedRows == 1) return {};
  return fail("{}: there is no run {}", place, id);
}

std::string trimmed(const std::string& text) {
  std::string line = text;
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  const size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(' ') - first + 1);
}

}  // namespace

Status SessionStore::saveCursor(RunId id, const StoredCursor& cursor) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement update(*m_state->database,
                             "UPDATE run SET cursor_token = ?, cursor_layer = ?, cursor_expert = ?, cursor_stage = ? "
                             "WHERE id = ?");
    update.bind(1, cursor.token);
    update.bind(2, cursor.layer);
    update.bind(3, cursor.expert);
    update.bind(4, cursor.stage);
    update.bind(5, id);
    return expectRun(update.exec(), id, m_state->address.place());
  });
}

Result<std::optional<StoredCursor>> SessionStore::loadCursor(RunId id) {
  TRY_ASSIGN(RunRow run, row(id));
  return run.cursor;
}

Status SessionStore::rename(RunId id, const std::string& name) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement update(*m_state->database, "UPDATE run SET name = ? WHERE id = ?");
    update.bind(1, trimmed(name));
    update.bind(2, id);
    TRY_STATUS(expectRun(update.exec(), id, m_state->address.place()));
    indexText(*m_state->database, id);
    return {};
  });
}

Status SessionStore::setNote(RunId id, const std::string& note) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement update(*m_state->database, "UPDATE run SET note = ? WHERE id = ?");
    update.bind(1, note);
    update.bind(2, id);
    TRY_STATUS(expectRun(update.exec(), id, m_state->address.place()));
    indexText(*m_state->database, id);
    return {};
  });
}

Status SessionStore::setStarred(RunId id, bool starred) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement update(*m_state->database, "UPDATE run SET starred = ? WHERE id = ?");
    update.bind(1, starred ? 1 : 0);
    update.bind(2, id);
    return expectRun(update.exec(), id, m_state->address.place());
  });
}

Status SessionStore::setTags(RunId id, std::vector<std::string> tags) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement find(*m_state->database, "SELECT 1 FROM run WHERE id = ?");
    find.bind(1, id);
    TRY_STATUS(expectRun(find.executeStep() ? 1 : 0, id, m_state->address.place()));
    SQLite::Statement clear(*m_state->database, "DELETE FROM tag WHERE run = ?");
    clear.bind(1, id);
    clear.exec();
    SQLite::Statement insert(*m_state->database, "INSERT OR IGNORE INTO tag VALUES (?, ?)");
    for (const std::string& tag : tags) {
      const std::string clean = trimmed(tag);
      if (clean.empty()) continue;
      insert.bind(1, id);
      insert.bind(2, clean);
      insert.exec();
      insert.reset();
    }
    indexText(*m_state->database, id);
    return {};
  });
}

Status SessionStore::remove(RunId id) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement update(*m_state->database, "UPDATE run SET deleted = coalesce(deleted, ?) WHERE id = ?");
    update.bind(1, utcNow());
    update.bind(2, id);
    return expectRun(update.exec(), id, m_state->address.place());
  });
}

Status SessionStore::undoRemove(RunId id) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement update(*m_state->database, "UPDATE run SET deleted = NULL WHERE id = ?");
    update.bind(1, id);
    return expectRun(update.exec(), id, m_state->address.place());
  });
}

// secure_delete overwrites rows as they go. The search index would keep deleted words until it merges its segments, so
// it is told to do that now; the log still holds older pages, so it is emptied.
Status SessionStore::erase(std::span<const RunId> ids) {
  if (ids.empty()) return {};
  const Status erased = m_state->changed([&]() -> Status {
    SQLite::Database& database = *m_state->database;
    for (const RunId id : ids) {
      for (const char* table :
           {"block", "token_chunk", "choice_posting", "token_posting", "tag", "bookmark", "origin"}) {
        database.exec(fmt::format("DELETE FROM {} WHERE run = {}", table, id));
      }
      database.exec(
          fmt::format("DELETE FROM knockout_effect WHERE knockout IN (SELECT id FROM knockout WHERE run = {})", id));
      database.exec(fmt::format("DELETE FROM knockout WHERE run = {}", id));
      database.exec(fmt::format("DELETE FROM run_text WHERE rowid = {}", id));
      const int rows = database.exec(fmt::format("DELETE FROM run WHERE id = {}", id));
      TRY_STATUS(expectRun(rows, id, m_state->address.place()));
    }
    database.exec("DELETE FROM model WHERE id NOT IN (SELECT model FROM run)");
    database.exec("INSERT INTO run_text(run_text) VALUES ('optimize')");
    return {};
  });
  if (!erased) return erased;
  return m_state->locked([&]() -> Status {
    SQLite::Statement checkpoint(*m_state->database, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (checkpoint.executeStep() && checkpoint.getColumn(0).getInt() != 0) {
      return fail(
          "{}: erased, but another program is reading, so older pages stay in the write-ahead log until the last "
          "program closes the database",
          m_state->address.place());
    }
    return {};
  });
}

}  // namespace core
