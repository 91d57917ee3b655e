// `sessions query`: whatever SQL the user writes, on a read-only connection whose authorizer allows reading and nothing
// else, with limits on rows, bytes and time.
#include <sqlite3.h>

#include <array>
#include <string_view>

#include "core/store/session_store_state.h"

namespace core {
namespace {

using Clock = std::chrono::steady_clock;

int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_PRAGMA:  // the full-text index asks whether its pages changed
      return std::string_view(first ? first : "") == "data_version" && !second ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION: {
      // load_extension is switched off anyway; fts3_tokenizer would hand out pointers.
      constexpr std::array<std::string_view, 2> kRefused = {"load_extension", "fts3_tokenizer"};
      const std::string_view name = second ? second : "";
      return name == kRefused[0] || name == kRefused[1] ? SQLITE_DENY : SQLITE_OK;
    }
    default:
      return SQLITE_DENY;
  }
}

struct Deadline {
  Clock::time_point end;
  bool passed = false;
};

int checkTime(void* data) {
  auto& deadline = *static_cast<Deadline*>(data);
  deadline.passed = Clock::now() > deadline.end;
  return deadline.passed ? 1 : 0;
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

std::string blobText(sqlite3_stmt* statement, int column) {
  const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(statement, column));
  const int size = sqlite3_column_bytes(statement, column);
  std::string text = "x'";
  for (int i = 0; i < std::min(size, 32); ++i) text += fmt::format("{:02x}", bytes[i]);
  return text + (size > 32 ? fmt::format("...' ({} bytes)", size) : "'");
}

std::optional<std::string> valueText(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return std::nullopt;
    case SQLITE_BLOB:
      return blobText(statement, column);
    default:
      break;
  }
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return std::string(text ? text : "", static_cast<size_t>(sqlite3_column_bytes(statement, column)));
}

bool isNumber(sqlite3_stmt* statement, int column) {
  const int type = sqlite3_column_type(statement, column);
  return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

// What follows the first statement must be blank or a comment.
bool isBlank(sqlite3* database, const char* sql) {
  sqlite3_stmt* more = nullptr;
  const int code = sqlite3_prepare_v2(database, sql, -1, &more, nullptr);
  const std::unique_ptr<sqlite3_stmt, Finalize> owner(more);
  return code == SQLITE_OK && !more;
}

}  // namespace

Result<QueryTable> SessionStore::query(const std::string& sql, const QueryLimits& limits) {
  const std::string place = m_state->address.place();
  return guarded(place, [&]() -> Result<QueryTable> {
    ConnectionOptions options = m_state->address.options;
    options.readOnly = true;
    const auto database = connect(m_state->address.name, options);
    sqlite3* handle = database->getHandle();
    database->exec("PRAGMA query_only=ON");
    // The full-text index declares its columns when it is first used, which the authorizer would refuse. A database
    // without one (a newer schema) answers all else.
    (void)database->tryExec("SELECT 1 FROM run_text LIMIT 0");
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 256 << 20);
    sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_set_authorizer(handle, authorize, nullptr);
    Deadline deadline{Clock::now() + limits.time};
    sqlite3_progress_handler(handle, 1000, checkTime, &deadline);

    sqlite3_stmt* prepared = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v2(handle, sql.c_str(), -1, &prepared, &rest);
    const std::unique_ptr<sqlite3_stmt, Finalize> statement(prepared);
    if (code == SQLITE_AUTH)
      return fail("query: expected a SELECT that only reads, found something else ({})", sqlite3_errmsg(handle));
    if (code != SQLITE_OK) return fail("query: {}", sqlite3_errmsg(handle));
    if (!prepared) return fail("query: expected a SELECT, found nothing");
    if (!sqlite3_stmt_readonly(prepared) || sqlite3_column_count(prepared) == 0) {
      return fail("query: expected a SELECT, found another kind of statement");
    }
    if (!isBlank(handle, rest)) return fail("query: expected one SELECT, found more text after it");

    QueryTable table;
    const int columns = sqlite3_column_count(prepared);
    for (int i = 0; i < columns; ++i) table.columns.emplace_back(sqlite3_column_name(prepared, i));
    size_t bytes = 0;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(prepared)) == SQLITE_ROW) {
      if (static_cast<int>(table.rows.size()) >= limits.rows || bytes > limits.bytes) {
        table.cutShort = true;
        return table;
      }
      auto& row = table.rows.emplace_back();
      auto& numbers = table.isNumber.emplace_back();
      for (int i = 0; i < columns; ++i) {
        numbers.push_back(isNumber(prepared, i));
        row.push_back(valueText(prepared, i));
        bytes += sizeof row.back() + (row.back() ? row.back()->size() : 0);
      }
    }
    if (deadline.passed) {
      return fail("query: stopped after {} ms, its time limit; ask for less or name a longer time",
                  limits.time.count());
    }
    if (step != SQLITE_DONE) return fail("query: {}", sqlite3_errmsg(handle));
    return table;
  });
}

}  // namespace core
