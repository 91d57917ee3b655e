// The session browser's side: rows by filter, sort and words.
#include <algorithm>
#include <cctype>

#include "core/store/session_store_state.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

constexpr const char* kColumns =
    "run.id, run.created, run.model_name, run.prompt, run.name, run.note, "
    "(SELECT group_concat(tag, char(10)) FROM tag WHERE tag.run = run.id), run.capture, run.full_stored, run.state, "
    "run.tokens, run.prompt_tokens, run.dropped, run.starred, run.cursor_token, run.cursor_layer, run.cursor_expert, "
    "run.cursor_stage, run.owner_pid, run.owner_started, run.owner_machine, run.heartbeat, "
    "(SELECT parent FROM origin WHERE origin.run = run.id), (SELECT token FROM origin WHERE origin.run = run.id), "
    "(SELECT kind FROM origin WHERE origin.run = run.id), "
    "(SELECT count(*) FROM bookmark WHERE bookmark.run = run.id)";

std::vector<std::string> splitLines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

Capture captureOf(const std::string& name) {
  for (const Capture capture : {Capture::None, Capture::Routing, Capture::Full}) {
    if (captureName(capture) == name) return capture;
  }
  return Capture::Ledger;
}

RunState stateOf(const SQLite::Statement& row) {
  const std::string name = row.getColumn(9).getString();
  if (name == "running") return writerLives(row, 18) ? RunState::Running : RunState::Interrupted;
  return name == "complete" ? RunState::Complete : name == "cancelled" ? RunState::Cancelled : RunState::Interrupted;
}

RunRow readRow(const SQLite::Statement& row) {
  RunRow run;
  run.id = row.getColumn(0).getInt64();
  run.created = row.getColumn(1).getString();
  run.model = row.getColumn(2).getString();
  if (!row.getColumn(3).isNull()) run.prompt = row.getColumn(3).getString();
  run.name = row.getColumn(4).getString();
  run.note = row.getColumn(5).getString();
  run.tags = splitLines(row.getColumn(6).getString());
  run.capture = captureOf(row.getColumn(7).getString());
  run.fullStored = row.getColumn(8).getInt() != 0;
  run.state = stateOf(row);
  run.tokens = row.getColumn(10).getInt();
  run.promptTokens = row.getColumn(11).getInt();
  run.dropped = row.getColumn(12).getInt64();
  run.starred = row.getColumn(13).getInt() != 0;
  if (!row.getColumn(14).isNull()) {
    run.cursor = StoredCursor{row.getColumn(14).getInt(), row.getColumn(15).getInt(), row.getColumn(16).getInt(),
                              row.getColumn(17).getInt()};
  }
  if (!row.getColumn(22).isNull()) {
    run.origin = RunOrigin{row.getColumn(22).getInt64(), row.getColumn(23).getInt(), row.getColumn(24).getString()};
  }
  run.bookmarks = row.getColumn(25).getInt();
  return run;
}

// The full-text index knows words between spaces and punctuation. Scripts without spaces (from U+2E80 on) and words of
// punctuation alone are looked for as they are.
bool isIndexed(std::string_view word) {
  bool letters = false;
  for (size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    if (byte >= 0xe3 || (byte == 0xe2 && i + 1 < word.size() && static_cast<unsigned char>(word[i + 1]) >= 0xba))
      return false;
    letters |= byte >= 0x80 || std::isalnum(byte);
  }
  return letters;
}

struct Words {
  std::string match;              // an FTS5 query, every word a quoted prefix
  std::vector<std::string> like;  // patterns
};

Words wordsOf(const std::string& text) {
  Words words;
  constexpr std::string_view kSpaces = " \t\r\n";
  for (size_t at = text.find_first_not_of(kSpaces); at != std::string::npos;) {
    const size_t end = std::min(text.find_first_of(kSpaces, at), text.size());
    const std::string word = text.substr(at, end - at);
    std::string safe;
    if (isIndexed(word)) {
      for (const char c : word) safe += c == '"' ? "\"\"" : std::string(1, c);
      words.match += "\"" + safe + "\"* ";
    } else {
      for (const char c : word) safe += c == '%' || c == '_' || c == '\\' ? std::string("\\") + c : std::string(1, c);
      words.like.push_back("%" + safe + "%");
    }
    at = text.find_first_not_of(kSpaces, end);
  }
  return words;
}

// A WHERE clause and the texts to bind to it.
struct Clause {
  std::string from = "run", where;
  std::vector<std::string> texts;
  bool ranked = false;

  void add(const std::string& condition) { where += (where.empty() ? " WHERE " : " AND ") + condition; }
  void add(const std::string& condition, const std::string& text) {
    add(condition);
    texts.push_back(text);
  }
};

Clause clauseOf(const RunFilter& filter) {
  Clause clause;
  const Words words = wordsOf(filter.text);
  if (!words.match.empty()) {
    clause.from = "run_text CROSS JOIN run ON run.id = run_text.rowid";
    clause.add("run_text MATCH ?", words.match);
    clause.ranked = true;
  }
  for (const std::string& pattern : words.like) {
    clause.add(
        "EXISTS (SELECT 1 FROM run_text AS t WHERE t.rowid = run.id AND coalesce(t.prompt, '') || char(10) || "
        "t.name || char(10) || t.note || char(10) || coalesce(t.tags, '') || char(10) || t.model LIKE ? "
        "ESCAPE '\\')",
        pattern);
  }
  clause.add(filter.removed ? "run.deleted IS NOT NULL" : "run.deleted IS NULL");
  if (!filter.model.empty()) clause.add("run.model_name = ?", filter.model);
  if (!filter.tag.empty()) clause.add("EXISTS (SELECT 1 FROM tag WHERE tag.run = run.id AND tag.tag = ?)", filter.tag);
  if (filter.state) clause.add("run.state = ?", std::string(runStateName(*filter.state)));
  if (filter.capture) clause.add("run.capture = ?", std::string(captureName(*filter.capture)));
  if (filter.starredOnly) clause.add("run.starred <> 0");
  return clause;
}

std::string orderOf(const ListOptions& options, bool ranked) {
  const char* direction = options.descending ? "DESC" : "ASC";
  const auto by = [&](const char* what) { return fmt::format(" ORDER BY {} {}, run.id DESC", what, direction); };
  switch (options.sort) {
    case RunSort::Model:
      return by("run.model_name");
    case RunSort::Prompt:
      return by("run.prompt");
    case RunSort::Name:
      return by("run.name");
    case RunSort::Tokens:
      return by("run.tokens");
    case RunSort::Dropped:
      return by("run.dropped");
    case RunSort::State:
      return by("run.state");
    case RunSort::Relevance:
      return ranked ? " ORDER BY run_text.rank, run.id DESC" : " ORDER BY run.id DESC";
    case RunSort::Created:
      break;
  }
  return fmt::format(" ORDER BY run.id {}", direction);
}

void bindTexts(SQLite::Statement& statement, const std::vector<std::string>& texts) {
  for (size_t i = 0; i < texts.size(); ++i) statement.bind(static_cast<int>(i) + 1, texts[i]);
}

std::vector<std::string> textsOf(SQLite::Database& database, const char* sql) {
  std::vector<std::string> texts;
  SQLite::Statement rows(database, sql);
  while (rows.executeStep()) texts.push_back(rows.getColumn(0).getString());
  return texts;
}

}  // namespace

Result<std::vector<RunRow>> SessionStore::list(const RunFilter& filter, const ListOptions& options) {
  return m_state->locked([&]() -> Result<std::vector<RunRow>> {
    // Runs whose writer died since; where it cannot be written down (disk full), the rows still show it.
    if (!m_state->readOnly) {
      (void)guarded(m_state->address.place(),
                    [&] { return recoverRuns(*m_state->database, m_state->address.place()); });
    }
    const Clause clause = clauseOf(filter);
    SQLite::Statement rows(*m_state->database,
                           fmt::format("SELECT {} FROM {}{}{} LIMIT {} OFFSET {}", kColumns, clause.from, clause.where,
                                       orderOf(options, clause.ranked), options.limit, std::max(0, options.offset)));
    bindTexts(rows, clause.texts);
    std::vector<RunRow> runs;
    while (rows.executeStep()) runs.push_back(readRow(rows));
    return runs;
  });
}

Result<int64_t> SessionStore::count(const RunFilter& filter) {
  return m_state->locked([&]() -> Result<int64_t> {
    const Clause clause = clauseOf(filter);
    SQLite::Statement row(*m_state->database, fmt::format("SELECT count(*) FROM {}{}", clause.from, clause.where));
    bindTexts(row, clause.texts);
    row.executeStep();
    return row.getColumn(0).getInt64();
  });
}

Result<RunRow> SessionStore::row(RunId id) {
  return m_state->locked([&]() -> Result<RunRow> {
    SQLite::Statement row(*m_state->database, fmt::format("SELECT {} FROM run WHERE run.id = ?", kColumns));
    row.bind(1, id);
    if (!row.executeStep()) return fail("{}: there is no run {}", m_state->address.place(), id);
    return readRow(row);
  });
}

Result<std::optional<RunId>> SessionStore::last() {
  return m_state->locked([&]() -> Result<std::optional<RunId>> {
    SQLite::Statement row(*m_state->database, "SELECT id FROM run WHERE deleted IS NULL ORDER BY id DESC LIMIT 1");
    if (!row.executeStep()) return std::optional<RunId>();
    return std::optional<RunId>(row.getColumn(0).getInt64());
  });
}

Result<std::vector<RunRow>> SessionStore::search(const std::string& text, int limit) {
  RunFilter filter;
  filter.text = text;
  ListOptions options;
  options.sort = RunSort::Relevance;
  options.limit = limit;
  return list(filter, options);
}

Result<std::vector<std::string>> SessionStore::tags() {
  return m_state->locked([&]() -> Result<std::vector<std::string>> {
    return textsOf(*m_state->database,
                   "SELECT DISTINCT tag FROM tag JOIN run ON run.id = tag.run "
                   "WHERE run.deleted IS NULL ORDER BY tag");
  });
}

Result<std::vector<std::string>> SessionStore::models() {
  return m_state->locked([&]() -> Result<std::vector<std::string>> {
    return textsOf(*m_state->database, "SELECT DISTINCT model_name FROM run WHERE deleted IS NULL ORDER BY model_name");
  });
}

}  // namespace core
