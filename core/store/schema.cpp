#include "core/store/schema.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace core {
namespace {

struct Table {
  const char* name;
  const char* sql;
};

constexpr const char* kBookmarkTable =  // since version 2
    "CREATE TABLE bookmark(run INTEGER NOT NULL, token INTEGER NOT NULL, layer INTEGER NOT NULL, "
    "expert INTEGER NOT NULL, stage INTEGER NOT NULL, note TEXT NOT NULL, "
    "PRIMARY KEY(run, token, layer, expert, stage)) WITHOUT ROWID";
constexpr const char* kOriginTable =  // since version 3
    "CREATE TABLE origin(run INTEGER PRIMARY KEY, parent INTEGER NOT NULL, token INTEGER NOT NULL, kind TEXT NOT NULL)";
constexpr const char* kKnockoutTable =  // since version 4, and the one after it
    "CREATE TABLE knockout(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, created TEXT NOT NULL, token INTEGER NOT "
    "NULL, "
    "only_token INTEGER NOT NULL, complete INTEGER NOT NULL, engine TEXT NOT NULL, seed INTEGER NOT NULL, "
    "resamples INTEGER NOT NULL)";
constexpr const char* kKnockoutEffectTable =
    "CREATE TABLE knockout_effect(knockout INTEGER NOT NULL, layer INTEGER NOT NULL, expert INTEGER NOT NULL, "
    "uses INTEGER NOT NULL, kl REAL, surprisal REAL, predicted REAL, PRIMARY KEY(knockout, layer, expert)) WITHOUT "
    "ROWID";

// docs/FORMAT.md says what each column means.
constexpr std::array kTables = {
    Table{"model",
          "CREATE TABLE model(id INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, "
          "config TEXT NOT NULL)"},
    Table{"model_by_name", "CREATE INDEX model_by_name ON model(name, hash)"},
    Table{"run",
          "CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL, model INTEGER NOT NULL, "
          "model_name TEXT NOT NULL, capture TEXT NOT NULL, full_stored INTEGER NOT NULL DEFAULT 0, "
          "state TEXT NOT NULL, tokens INTEGER NOT NULL DEFAULT 0, prompt_tokens INTEGER NOT NULL DEFAULT 0, "
          "dropped INTEGER NOT NULL DEFAULT 0, firsts_dropped INTEGER NOT NULL DEFAULT 0, "
          "indexed INTEGER NOT NULL DEFAULT 0, starred INTEGER NOT NULL DEFAULT 0, deleted TEXT, "
          "cursor_token INTEGER, cursor_layer INTEGER, cursor_expert INTEGER, cursor_stage INTEGER, "
          "owner_pid INTEGER NOT NULL DEFAULT 0, owner_started INTEGER NOT NULL DEFAULT 0, "
          "owner_machine TEXT NOT NULL DEFAULT '', heartbeat INTEGER NOT NULL DEFAULT 0, "
          "name TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', prompt TEXT, info TEXT NOT NULL)"},
    Table{"run_unindexed", "CREATE INDEX run_unindexed ON run(id) WHERE indexed = 0"},
    Table{"tag", "CREATE TABLE tag(run INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY(run, tag)) WITHOUT ROWID"},
    Table{"token_chunk",
          "CREATE TABLE token_chunk(run INTEGER NOT NULL, first INTEGER NOT NULL, tokens INTEGER NOT NULL, "
          "ids BLOB NOT NULL, texts BLOB NOT NULL, PRIMARY KEY(run, first)) WITHOUT ROWID"},
    Table{"block",
          "CREATE TABLE block(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, first INTEGER NOT NULL, "
          "layer INTEGER NOT NULL, stream TEXT NOT NULL, tokens INTEGER NOT NULL, data BLOB NOT NULL)"},
    Table{"block_of_run", "CREATE UNIQUE INDEX block_of_run ON block(run, first, layer, stream)"},
    Table{"choice_posting",
          "CREATE TABLE choice_posting(run INTEGER NOT NULL, layer INTEGER NOT NULL, expert INTEGER NOT NULL, "
          "choices INTEGER NOT NULL, dropped INTEGER NOT NULL, firsts INTEGER NOT NULL, "
          "firsts_dropped INTEGER NOT NULL, list BLOB NOT NULL, PRIMARY KEY(run, layer, expert)) WITHOUT ROWID"},
    Table{"token_posting",
          "CREATE TABLE token_posting(run INTEGER NOT NULL, token INTEGER NOT NULL, occurrences INTEGER NOT NULL, "
          "positions BLOB NOT NULL, routes BLOB NOT NULL, PRIMARY KEY(run, token)) WITHOUT ROWID"},
    Table{"run_text",
          "CREATE VIRTUAL TABLE run_text USING fts5(prompt, name, note, tags, model, "
          "tokenize='unicode61 remove_diacritics 2', prefix='2 3')"},
    Table{"bookmark", kBookmarkTable},
    Table{"origin", kOriginTable},
    Table{"knockout", kKnockoutTable},
    Table{"knockout_effect", kKnockoutEffectTable},
};

// A step may take several statements, each under the same version.
constexpr std::array kMigrations = {Migration{1, kBookmarkTable}, Migration{2, kOriginTable},
                                    Migration{3, kKnockoutTable}, Migration{3, kKnockoutEffectTable}};

void create(SQLite::Database& database) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  // Another process may have made the tables while this one waited for the lock.
  if (queryNumber(database, "SELECT count(*) FROM sqlite_schema") == 0) {
    for (const Table& table : kTables) database.exec(table.sql);
    database.exec(fmt::format("PRAGMA application_id={}", kApplicationId));
    database.exec(fmt::format("PRAGMA user_version={}", kSchemaVersion));
  }
  transaction.commit();
}

// A consistent copy (pages of the write-ahead log included), complete under its name or not there at all.
void copyDatabase(SQLite::Database& database, const std::filesystem::path& to) {
  const std::filesystem::path part = to.string() + ".part";
  std::filesystem::remove(part);
  {
    auto target = connect(part.string(), {});
    SQLite::Backup backup(*target, database);
    backup.executeStep(-1);
  }
  std::filesystem::permissions(part, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::rename(part, to);
}

}  // namespace

Result<SchemaState> readSchema(SQLite::Database& database, const std::filesystem::path& path) {
  SchemaState state;
  // One look at one moment: another process may be making the schema just now.
  SQLite::Transaction reading(database, SQLite::TransactionBehavior::DEFERRED);
  const int64_t application = queryNumber(database, "PRAGMA application_id");
  state.version = static_cast<int>(queryNumber(database, "PRAGMA user_version"));
  const int64_t objects = queryNumber(database, "SELECT count(*) FROM sqlite_schema");
  reading.commit();
  if (objects == 0 && state.version == 0 && application == 0) return state;
  if (application != kApplicationId || state.version < 1) {
    return fail(
        "{}: a database of another program (application id {}, expected {}); it was not changed. Choose another "
        "file with --store",
        path.string(), application, kApplicationId);
  }
  state.newer = state.version > kSchemaVersion;
  return state;
}

Status migrate(SQLite::Database& database, SchemaState& state, const std::filesystem::path& path,
               std::span<const Migration> steps, int target) {
  if (state.version >= target) return {};
  for (int version = state.version; version < target; ++version) {
    const bool known = std::any_of(steps.begin(), steps.end(), [&](const Migration& m) { return m.from == version; });
    if (!known) {
      return fail("{}: schema version {} cannot be brought to version {}; it was not changed", path.string(),
                  state.version, target);
    }
  }
  std::filesystem::path copy = fmt::format("{}.v{}.bak", path.string(), state.version);
  for (int i = 2; std::filesystem::exists(copy); ++i)
    copy = fmt::format("{}.v{}.{}.bak", path.string(), state.version, i);
  copyDatabase(database, copy);
  state.copy = copy;
  // All steps in one transaction: an error leaves the file at the version it had.
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  int version = static_cast<int>(queryNumber(database, "PRAGMA user_version"));
  for (; version < target; ++version) {
    for (const Migration& step : steps) {
      if (step.from == version) database.exec(step.sql);
    }
    database.exec(fmt::format("PRAGMA user_version={}", version + 1));
  }
  transaction.commit();
  state.version = version;
  return {};
}

Result<SchemaState> prepareSchema(SQLite::Database& database, const std::filesystem::path& path) {
  TRY_ASSIGN(SchemaState state, readSchema(database, path));
  if (state.newer) return state;
  if (state.version == 0) {
    create(database);
    return readSchema(database, path);
  }
  TRY_STATUS(migrate(database, state, path, kMigrations, kSchemaVersion));
  return state;
}

Result<SchemaState> inspectSchema(SQLite::Database& database, const std::filesystem::path& path) {
  TRY_ASSIGN(SchemaState state, readSchema(database, path));
  if (state.version == 0) return fail("{}: an empty file, expected a session database", path.string());
  if (state.version < kSchemaVersion) {
    return fail("{}: schema version {}, expected {}; open it for writing once, it is brought up to date after a copy",
                path.string(), state.version, kSchemaVersion);
  }
  return state;
}

Status checkForeign(SQLite::Database& database, const std::filesystem::path& path) {
  const std::string verdict = queryText(database, "PRAGMA quick_check(1)");
  if (verdict != "ok") {
    return fail("{}: damaged ({}); it was not changed. Rescue what can be read into a new file", path.string(),
                verdict);
  }
  const bool newer = queryNumber(database, "PRAGMA user_version") > kSchemaVersion;
  SQLite::Statement find(database, "SELECT sql FROM sqlite_schema WHERE name = ?");
  for (const Table& table : kTables) {
    find.reset();
    find.bind(1, table.name);
    const std::string found = find.executeStep() ? find.getColumn(0).getString() : std::string("nothing");
    const bool same = newer ? found.starts_with(std::string(table.sql).substr(0, 12)) : found == table.sql;
    if (!same) {
      return fail("{}: {} is not what this program makes; expected {}, found {}", path.string(), table.name, table.sql,
                  found.substr(0, 200));
    }
  }
  return {};
}

}  // namespace core
