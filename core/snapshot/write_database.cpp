#include "core/snapshot/write_database.h"

#include <algorithm>
#include <span>

#include "core/snapshot/atomic_file.h"
#include "core/store/session_store.h"

namespace core {
namespace {

// The store is closed at the end, which empties its write-ahead log into the file.
Status fill(const std::filesystem::path& place, const Trace& trace, bool interrupted) {
  TRY_ASSIGN(const auto store, SessionStore::open(place));
  const auto prompt = static_cast<size_t>(std::min(trace.promptTokens(), trace.length()));
  WriteOptions options;
  options.storeFull = true;
  TRY_ASSIGN(const auto writer, store->beginRun(trace.info(), std::span(trace.ids()).first(prompt),
                                                std::span(trace.texts()).first(prompt), options));
  return writer->finish(trace, interrupted ? RunEnd::Interrupted : RunEnd::Complete);
}

}  // namespace

bool isDatabasePath(const std::filesystem::path& path) {
  return path.extension() == ".db" || path.extension() == ".sqlite";
}

Status writeDatabase(const Trace& trace, const std::filesystem::path& path, bool interrupted) {
  if (trace.empty()) return fail("{}: there is no run to write", path.string());
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    return fail("{}: exists already; a database is not replaced, choose another name or remove it", path.string());
  }
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  const std::filesystem::path place = file.temporary();
  const Status filled = fill(place, trace, interrupted);
  for (const char* rest : {"-wal", "-shm"}) std::filesystem::remove(place.string() + rest, ignored);
  if (!filled) return failAt(path.string(), filled.error());
  TRY_STATUS(file.reopen());
  return file.commit();
}

}  // namespace core
