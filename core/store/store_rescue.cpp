// What can still be read of a damaged database, run by run, into a new one. The original is copied first and never
// opened: opening would let SQLite roll a log back into it.
#include <map>
#include <set>

#include "core/store/run_writer_state.h"
#include "core/store/session_store_state.h"

namespace core {
namespace {

namespace fs = std::filesystem;

// A copy of the file and its logs in a folder of its own, removed at the end.
class WorkingCopy {
 public:
  static Result<std::unique_ptr<WorkingCopy>> make(const fs::path& damaged, const fs::path& beside) {
    std::error_code problem;
    auto copy = std::make_unique<WorkingCopy>();
    copy->m_folder = beside.string() + ".rescue";
    if (!fs::create_directory(copy->m_folder, problem)) {
      return fail("{}: cannot make this folder: {}", copy->m_folder.string(),
                  problem ? problem.message() : "it exists");
    }
    copy->m_made = true;
    for (const char* suffix : {"", "-wal", "-journal"}) {
      const fs::path from = damaged.string() + suffix;
      if (suffix[0] && !fs::exists(from)) continue;
      fs::copy_file(from, copy->m_folder / (std::string("copy.db") + suffix), problem);
      if (problem) return fail("{}: cannot be copied: {}", from.string(), problem.message());
    }
    return copy;
  }
  ~WorkingCopy() {
    std::error_code ignored;
    if (m_made) fs::remove_all(m_folder, ignored);
  }
  fs::path file() const { return m_folder / "copy.db"; }

 private:
  fs::path m_folder;
  bool m_made = false;
};

// Ids of runs from both ends: a damaged page in between hides what lies under it only.
std::set<RunId> readableIds(SQLite::Database& database, std::string& problem) {
  std::set<RunId> ids;
  for (const char* order : {"ASC", "DESC"}) {
    try {
      SQLite::Statement rows(database, fmt::format("SELECT id FROM run ORDER BY id {}", order));
      while (rows.executeStep()) ids.insert(rows.getColumn(0).getInt64());
      return ids;
    } catch (const SQLite::Exception& error) {
      if (problem.empty()) problem = error.what();
    }
  }
  return ids;
}

// The user's own words and the state, column by column: whatever can be read.
void copyRow(SQLite::Database& from, RunId old, SQLite::Database& to, RunId fresh) {
  for (const char* column : {"created", "state", "starred", "deleted", "cursor_token", "cursor_layer", "cursor_expert",
                             "cursor_stage", "name", "note"}) {
    SQLite::Statement read(from, fmt::format("SELECT {} FROM run WHERE id = ?", column));
    read.bind(1, old);
    if (!read.executeStep() || read.getColumn(0).isNull()) continue;
    SQLite::Statement write(to, fmt::format("UPDATE run SET {} = ? WHERE id = ?", column));
    if (read.getColumn(0).isInteger()) {
      write.bind(1, read.getColumn(0).getInt64());
    } else {
      write.bind(1, read.getColumn(0).getString());
    }
    write.bind(2, fresh);
    write.exec();
  }
  to.exec(fmt::format("UPDATE run SET state = 'interrupted' WHERE id = {} AND state = 'running'", fresh));
  SQLite::Statement tags(from, "SELECT tag FROM tag WHERE run = ?");
  tags.bind(1, old);
  SQLite::Statement tag(to, "INSERT OR IGNORE INTO tag VALUES (?, ?)");
  while (tags.executeStep()) {
    tag.bind(1, fresh);
    tag.bind(2, tags.getColumn(0).getString());
    tag.exec();
    tag.reset();
  }
}

// Bookmarks, and where the run came from; `ids` are the new numbers of the runs before it. Older files have neither.
void copyMarks(SQLite::Database& from, RunId old, SQLite::Database& to, RunId fresh,
               const std::map<RunId, RunId>& ids) {
  if (queryNumber(from, "SELECT count(*) FROM sqlite_schema WHERE name IN ('bookmark', 'origin')") != 2) return;
  SQLite::Statement marks(from, "SELECT token, layer, expert, stage, note FROM bookmark WHERE run = ?");
  marks.bind(1, old);
  SQLite::Statement mark(to, "INSERT OR IGNORE INTO bookmark VALUES (?, ?, ?, ?, ?, ?)");
  while (marks.executeStep()) {
    mark.bind(1, fresh);
    for (int column = 0; column < 4; ++column) mark.bind(column + 2, marks.getColumn(column).getInt());
    mark.bind(6, marks.getColumn(4).getString());
    mark.exec();
    mark.reset();
  }
  SQLite::Statement origin(from, "SELECT parent, token, kind FROM origin WHERE run = ?");
  origin.bind(1, old);
  if (!origin.executeStep()) return;
  const auto parent = ids.find(origin.getColumn(0).getInt64());
  if (parent == ids.end()) return;  // the parent is lost
  SQLite::Statement insert(to, "INSERT OR REPLACE INTO origin VALUES (?, ?, ?, ?)");
  insert.bind(1, fresh);
  insert.bind(2, parent->second);
  insert.bind(3, origin.getColumn(1).getInt());
  insert.bind(4, origin.getColumn(2).getString());
  insert.exec();
}

// The sweeps of a run. Older files have none.
void copyKnockouts(SQLite::Database& from, RunId old, SQLite::Database& to, RunId fresh) {
  if (queryNumber(from, "SELECT count(*) FROM sqlite_schema WHERE name IN ('knockout', 'knockout_effect')") != 2)
    return;
  SQLite::Statement sweeps(from,
                           "SELECT id, created, token, only_token, complete, engine, seed, resamples FROM knockout "
                           "WHERE run = ? ORDER BY id");
  sweeps.bind(1, old);
  SQLite::Statement effects(from, "SELECT * FROM knockout_effect WHERE knockout = ?");
  SQLite::Statement sweep(to,
                          "INSERT INTO knockout(run, created, token, only_token, complete, engine, seed, resamples) "
                          "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::Statement effect(to, "INSERT OR IGNORE INTO knockout_effect VALUES (?, ?, ?, ?, ?, ?, ?)");
  while (sweeps.executeStep()) {
    sweep.bind(1, fresh);
    sweep.bind(2, sweeps.getColumn(1).getString());
    for (const int column : {2, 3, 4, 6, 7}) sweep.bind(column + 1, sweeps.getColumn(column).getInt64());
    sweep.bind(6, sweeps.getColumn(5).getString());
    sweep.exec();
    sweep.reset();
    const int64_t id = to.getLastInsertRowid();
    effects.bind(1, sweeps.getColumn(0).getInt64());
    while (effects.executeStep()) {
      effect.bind(1, id);
      for (int column = 1; column < 4; ++column) effect.bind(column + 1, effects.getColumn(column).getInt64());
      for (int column = 4; column < 7; ++column) {
        if (effects.getColumn(column).isNull()) {
          effect.bind(column + 1);
        } else {
          effect.bind(column + 1, effects.getColumn(column).getDouble());
        }
      }
      effect.exec();
      effect.reset();
    }
    effects.reset();
  }
}

}  // namespace

Result<RescueReport> rescueStore(const std::filesystem::path& damaged, const std::filesystem::path& fresh) {
  std::error_code ignored;
  if (fs::exists(fresh, ignored)) return fail("{}: exists already; name a new file", fresh.string());
  TRY_ASSIGN(const auto copy, WorkingCopy::make(damaged, fresh));
  RescueReport report;
  const std::string place = damaged.string();
  return guarded(place, [&]() -> Result<RescueReport> {
    const auto from = connect(fileUri(copy->file(), ""), {});
    std::string problem;
    const std::set<RunId> ids = readableIds(*from, problem);
    report.firstProblem = problem;
    if (ids.empty()) {
      return fail("{}: nothing can be rescued ({})", place, problem.empty() ? "it holds no run" : problem);
    }
    TRY_ASSIGN(const auto store, SessionStore::open(fresh));
    const auto to = connect(fileUri(fresh, ""), {});
    std::map<RunId, RunId> renumbered;
    for (const RunId id : ids) {
      Result<Trace> trace = guarded(place, [&] { return readRunHead(*from, id, place); });
      if (!trace) {
        report.lost += 1;
        if (report.firstProblem.empty()) report.firstProblem = trace.error().message;
        continue;
      }
      const Status blocks = guarded(place, [&] { return readBlocks(*from, id, place, *trace, {}); });
      if (!blocks && report.firstProblem.empty()) report.firstProblem = blocks.error().message;
      (blocks ? report.runs : report.partly) += 1;
      WriteOptions options;
      options.storeFull = trace->has(Hook::Embeddings) || trace->has(Hook::Logits);
      TRY_ASSIGN(const auto writer, store->beginRun(trace->info(), trace->ids(), trace->texts(), options));
      TRY_STATUS(writer->finish(*trace, blocks ? RunEnd::Complete : RunEnd::Interrupted));
      const Status row = guarded(place, [&]() -> Status {
        SQLite::Transaction transaction(*to, SQLite::TransactionBehavior::IMMEDIATE);
        copyRow(*from, id, *to, writer->id());
        copyMarks(*from, id, *to, writer->id(), renumbered);
        copyKnockouts(*from, id, *to, writer->id());
        if (!blocks) to->exec(fmt::format("UPDATE run SET state = 'interrupted' WHERE id = {}", writer->id()));
        indexText(*to, writer->id());
        transaction.commit();
        return {};
      });
      if (!row && report.firstProblem.empty()) report.firstProblem = row.error().message;
      renumbered.emplace(id, writer->id());
    }
    return report;
  });
}

}  // namespace core
