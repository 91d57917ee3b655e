// Bookmarks, and which run was made from which.
#include "core/store/session_store_state.h"

namespace core {
namespace {

Status expectRun(SQLite::Database& database, RunId id, const std::string& place) {
  SQLite::Statement find(database, "SELECT 1 FROM run WHERE id = ?");
  find.bind(1, id);
  if (find.executeStep()) return {};
  return fail("{}: there is no run {}", place, id);
}

void bindPlace(SQLite::Statement& statement, RunId id, const StoredCursor& at) {
  statement.bind(1, id);
  statement.bind(2, at.token);
  statement.bind(3, at.layer);
  statement.bind(4, at.expert);
  statement.bind(5, at.stage);
}

}  // namespace

Status SessionStore::setBookmark(RunId id, const Bookmark& bookmark) {
  return m_state->changed([&]() -> Status {
    TRY_STATUS(expectRun(*m_state->database, id, m_state->address.place()));
    SQLite::Statement insert(*m_state->database, "INSERT OR REPLACE INTO bookmark VALUES (?, ?, ?, ?, ?, ?)");
    bindPlace(insert, id, bookmark.at);
    insert.bind(6, bookmark.note);
    insert.exec();
    return {};
  });
}

Status SessionStore::clearBookmark(RunId id, const StoredCursor& at) {
  return m_state->changed([&]() -> Status {
    SQLite::Statement erase(*m_state->database,
                            "DELETE FROM bookmark WHERE run = ? AND token = ? AND layer = ? AND expert = ? AND "
                            "stage = ?");
    bindPlace(erase, id, at);
    erase.exec();
    return {};
  });
}

Result<std::vector<Bookmark>> SessionStore::bookmarks(RunId id) {
  return m_state->locked([&]() -> Result<std::vector<Bookmark>> {
    SQLite::Statement rows(*m_state->database,
                           "SELECT token, layer, expert, stage, note FROM bookmark WHERE run = ? "
                           "ORDER BY token, layer, expert, stage");
    rows.bind(1, id);
    std::vector<Bookmark> found;
    while (rows.executeStep()) {
      found.push_back({{rows.getColumn(0).getInt(), rows.getColumn(1).getInt(), rows.getColumn(2).getInt(),
                        rows.getColumn(3).getInt()},
                       rows.getColumn(4).getString()});
    }
    return found;
  });
}

Status SessionStore::setOrigin(RunId id, const RunOrigin& origin) {
  return m_state->changed([&]() -> Status {
    TRY_STATUS(expectRun(*m_state->database, id, m_state->address.place()));
    SQLite::Statement insert(*m_state->database, "INSERT OR REPLACE INTO origin VALUES (?, ?, ?, ?)");
    insert.bind(1, id);
    insert.bind(2, origin.parent);
    insert.bind(3, origin.token);
    insert.bind(4, origin.kind);
    insert.exec();
    return {};
  });
}

}  // namespace core
