// The runs a user made, in one SQLite database: written while they are produced, listed, searched, reopened.
// docs/FORMAT.md states tables and blobs. Several windows and the command line may use one file at once: readers never
// wait for a writer (write-ahead log), writers take turns and wait up to five seconds.
//
// A SessionStore may be used from any thread, one call at a time (a lock inside). Each RunWriter has a connection of
// its own: a window's thread that lists runs does not wait for the engine's thread that writes one. Nothing throws.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/knockouts.h"
#include "core/store/questions.h"
#include "core/store/run_writer.h"
#include "core/trace/trace.h"

namespace core {

struct StoreOptions {
  bool readOnly = false;
  int64_t maxBytes = 0;  // the file may not grow past this; 0: no limit. Reaching it is like a full disk
  // The file came from elsewhere: read-only, checked as a whole first, and refused if its tables are not ours.
  bool foreign = false;
  std::string vfs = {};  // SQLite's name of a file layer ("unix-dotfile" where locks do not work); empty: the usual one
};

enum class RunState : uint8_t { Running, Complete, Interrupted, Cancelled };
std::string_view runStateName(RunState state);  // running, complete, interrupted, cancelled

// Where the user was. What the numbers mean is the window's business; -1: none.
struct StoredCursor {
  int token = 0, layer = 0, expert = -1, stage = 0;
  bool operator==(const StoredCursor&) const = default;
};

// A place in a run with the user's words; one a place.
struct Bookmark {
  StoredCursor at;
  std::string note;
  bool operator==(const Bookmark&) const = default;
};

// What a run was made from.
struct RunOrigin {
  RunId parent = 0;
  int token = 0;     // the first that is no longer the parent's
  std::string kind;  // "branch": other tokens from there on; "device": the same tokens on another device
                     // "replay": decided again from its logits; "intervention": run again with a changed routing
  bool operator==(const RunOrigin&) const = default;
};

struct RunRow {
  RunId id = 0;
  std::string created;  // UTC, 2026-11-24T18:40:32.123Z
  std::string model;
  std::optional<std::string> prompt;
  std::string name, note;  // the user's
  std::vector<std::string> tags;
  Capture capture = Capture::Ledger;  // as asked for
  bool fullStored = false;            // `full` tensors are in the database, not to be recomputed
  RunState state = RunState::Running;
  int tokens = 0, promptTokens = 0;
  int64_t dropped = 0;  // choices without a slot, known once the run has ended
  bool starred = false;
  std::optional<StoredCursor> cursor;
  std::optional<RunOrigin> origin;
  int bookmarks = 0;

  int generated() const { return tokens - promptTokens; }
};

enum class RunSort : uint8_t { Created, Model, Prompt, Name, Tokens, Dropped, State, Relevance };

struct RunFilter {
  std::string text;   // words that must all occur in prompt, name, note, tags or model; the last letters may be missing
  std::string model;  // exact name
  std::string tag;
  std::optional<RunState> state;
  std::optional<Capture> capture;
  bool starredOnly = false;
  bool removed = false;  // the removed ones (not yet erased) instead of the others
};

struct ListOptions {
  RunSort sort = RunSort::Created;  // Relevance without a text is Created
  bool descending = true;
  int limit = -1;  // -1: all
  int offset = 0;
};

struct QueryLimits {
  int rows = 10000;
  std::chrono::milliseconds time{5000};
  size_t bytes = size_t{64} << 20;  // of the result
};

struct QueryTable {
  std::vector<std::string> columns;
  // null, text, or a number as SQLite prints it; a blob is x'...' up to 32 bytes and then its length
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::vector<std::vector<bool>> isNumber;  // per value, so that JSON keeps numbers as numbers
  bool cutShort = false;                    // the row or byte limit was reached
};

class SessionStore {
 public:
  // ":memory:" lives as long as the store and its writers. Makes the file (mode 0600) and its folder (0700) if needed.
  // Runs whose writer vanished become interrupted here. Errors: no such folder, another program's database, damaged,
  // read-only without the option, an older schema opened read-only.
  static Result<std::unique_ptr<SessionStore>> open(const std::filesystem::path& path,
                                                    const StoreOptions& options = {});
  ~SessionStore();

  // $XDG_DATA_HOME/expertscope/sessions.db, else ~/.local/share/expertscope/sessions.db.
  static std::filesystem::path defaultPath();

  const std::filesystem::path& path() const;
  bool readOnly() const;  // asked for, or all that the file allows; notes() say why
  // What the user should be told once: no write-ahead log here, read-only and why, brought up to date and where the
  // copy is, runs that turned out interrupted.
  const std::vector<std::string>& notes() const;

  // A new row, in state running, saved when this returns. `ids` and `texts` (same length) are the prompt's.
  Result<std::unique_ptr<RunWriter>> beginRun(const RunInfo& info, std::span<const int32_t> ids,
                                              std::span<const std::string> texts, const WriteOptions& options = {});

  // A row that has ended goes on: `trace` is what loadTrace gave, later values continue it. Errors: no such run,
  // another length than stored, a process that still writes it.
  Result<std::unique_ptr<RunWriter>> continueRun(RunId id, const Trace& trace);

  Result<std::vector<RunRow>> list(const RunFilter& filter = {}, const ListOptions& options = {});
  Result<int64_t> count(const RunFilter& filter = {});
  Result<RunRow> row(RunId id);
  Result<std::optional<RunId>> last();  // the newest that is not removed

  // Everything recorded of a run. A run of thousands of tokens is published in growing pieces, the first one soon (rows
  // of the first tokens of every layer, all ids and texts); false from `published` cancels. Errors: no such run, a blob
  // that is not what its row says (damaged).
  Result<Trace> loadTrace(RunId id, const std::function<bool(const Trace&)>& published = {});

  Status saveCursor(RunId id, const StoredCursor& cursor);
  Result<std::optional<StoredCursor>> loadCursor(RunId id);

  Status rename(RunId id, const std::string& name);
  Status setNote(RunId id, const std::string& note);
  Status setStarred(RunId id, bool starred);
  Status setTags(RunId id, std::vector<std::string> tags);  // trimmed, sorted, each once
  Result<std::vector<std::string>> tags();                  // in use, sorted
  Result<std::vector<std::string>> models();                // with runs, sorted

  Status setBookmark(RunId id, const Bookmark& bookmark);  // new, or with another note
  Status clearBookmark(RunId id, const StoredCursor& at);  // nothing there is no error
  Result<std::vector<Bookmark>> bookmarks(RunId id);       // by token, layer, expert, stage
  Status setOrigin(RunId id, const RunOrigin& origin);

  Result<int64_t> addKnockout(const StoredKnockout& sweep);  // its number; error: no such run
  Result<std::vector<StoredKnockout>> knockouts(RunId run);  // in the order they were made

  Status remove(RunId id);  // hidden; undoRemove brings it back
  Status undoRemove(RunId id);
  // For good: the bytes are overwritten, in the search index and the write-ahead log too. Error if another program's
  // open read transaction kept the log from being emptied (it is emptied when the last one closes).
  Status erase(std::span<const RunId> ids);

  // Runs with all these words, best first. The same as list() by relevance.
  Result<std::vector<RunRow>> search(const std::string& text, int limit = 100);

  // Questions across runs; removed runs do not count. See questions.h.
  Result<std::vector<ChoiceHit>> findChoices(const ChoiceQuestion& question, int limit = 50, int offset = 0);
  Result<HitCount> countChoices(const ChoiceQuestion& question);
  Result<std::vector<TokenHit>> findToken(const TokenQuestion& question, int limit = 50, int offset = 0);
  Result<TokenRoutes> routesOfToken(const TokenQuestion& question);

  // One SELECT, on a connection of its own that can do nothing else. Errors: another kind of statement, a syntax error,
  // out of time.
  Result<QueryTable> query(const std::string& sql, const QueryLimits& limits = {});

 private:
  struct State;
  explicit SessionStore(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

// Bytes that the `full` tensors of a run of `tokens` tokens take, to be shown before they are stored.
int64_t fullTensorBytes(const ModelConfig& config, int64_t tokens);

struct RescueReport {
  int runs = 0;    // copied whole
  int partly = 0;  // copied up to the first damaged block
  int lost = 0;    // seen, but not readable
  std::string firstProblem;
};

// Reads what can be read of a damaged database into a new one. The damaged file is only ever read, through a copy made
// beside `fresh`. Errors: `fresh` exists, no room, nothing readable at all.
Result<RescueReport> rescueStore(const std::filesystem::path& damaged, const std::filesystem::path& fresh);

}  // namespace core
