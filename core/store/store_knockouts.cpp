// Knock-outs that were swept over a run: one row a sweep, one row an expert.
#include <cmath>

#include "core/store/session_store_state.h"

namespace core {
namespace {

void bindNumber(SQLite::Statement& statement, int place, double value) {
  if (std::isfinite(value)) {
    statement.bind(place, value);
  } else {
    statement.bind(place);  // null: not known
  }
}

double numberIn(const SQLite::Column& column) { return column.isNull() ? NAN : column.getDouble(); }

}  // namespace

Result<int64_t> SessionStore::addKnockout(const StoredKnockout& sweep) {
  int64_t id = 0;
  TRY_STATUS(m_state->changed([&]() -> Status {
    SQLite::Database& database = *m_state->database;
    SQLite::Statement find(database, "SELECT 1 FROM run WHERE id = ?");
    find.bind(1, sweep.run);
    if (!find.executeStep()) return fail("{}: there is no run {}", m_state->address.place(), sweep.run);
    SQLite::Statement insert(database,
                             "INSERT INTO knockout(run, created, token, only_token, complete, engine, seed, resamples) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, sweep.run);
    insert.bind(2, utcNow());
    insert.bind(3, sweep.token);
    insert.bind(4, sweep.onlyToken ? 1 : 0);
    insert.bind(5, sweep.complete ? 1 : 0);
    insert.bind(6, sweep.engine);
    insert.bind(7, static_cast<int64_t>(sweep.seed));
    insert.bind(8, sweep.resamples);
    insert.exec();
    id = database.getLastInsertRowid();
    SQLite::Statement row(database, "INSERT INTO knockout_effect VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const StoredEffect& effect : sweep.effects) {
      row.bind(1, id);
      row.bind(2, effect.layer);
      row.bind(3, effect.expert);
      row.bind(4, effect.uses);
      bindNumber(row, 5, effect.kl);
      bindNumber(row, 6, effect.surprisal);
      bindNumber(row, 7, effect.predicted);
      row.exec();
      row.reset();
    }
    return {};
  }));
  return id;
}

Result<std::vector<StoredKnockout>> SessionStore::knockouts(RunId run) {
  return m_state->locked([&]() -> Result<std::vector<StoredKnockout>> {
    SQLite::Database& database = *m_state->database;
    SQLite::Statement rows(database,
                           "SELECT id, created, token, only_token, complete, engine, seed, resamples FROM knockout "
                           "WHERE run = ? ORDER BY id");
    rows.bind(1, run);
    SQLite::Statement effects(database,
                              "SELECT layer, expert, uses, kl, surprisal, predicted FROM knockout_effect "
                              "WHERE knockout = ? ORDER BY layer, expert");
    std::vector<StoredKnockout> found;
    while (rows.executeStep()) {
      StoredKnockout sweep;
      sweep.run = run;
      sweep.id = rows.getColumn(0).getInt64();
      sweep.created = rows.getColumn(1).getString();
      sweep.token = rows.getColumn(2).getInt();
      sweep.onlyToken = rows.getColumn(3).getInt() != 0;
      sweep.complete = rows.getColumn(4).getInt() != 0;
      sweep.engine = rows.getColumn(5).getString();
      sweep.seed = static_cast<uint64_t>(rows.getColumn(6).getInt64());
      sweep.resamples = rows.getColumn(7).getInt();
      effects.bind(1, sweep.id);
      while (effects.executeStep()) {
        sweep.effects.push_back({effects.getColumn(0).getInt(), effects.getColumn(1).getInt(),
                                 effects.getColumn(2).getInt64(), numberIn(effects.getColumn(3)),
                                 numberIn(effects.getColumn(4)), numberIn(effects.getColumn(5))});
      }
      effects.reset();
      found.push_back(std::move(sweep));
    }
    return found;
  });
}

}  // namespace core
