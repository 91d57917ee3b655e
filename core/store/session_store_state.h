// Inside of core/store: one open store.
#pragma once

#include <atomic>
#include <mutex>

#include "core/store/connection.h"

namespace core {

struct SessionStore::State {
  StoreAddress address;
  std::unique_ptr<SQLite::Database> database;
  std::atomic<bool> readOnly = false;
  std::vector<std::string> notes;
  std::mutex mutex;

  // Runs `work` with the lock held and SQLite's exceptions turned into errors. Once the file has turned out to be
  // damaged nothing is written to it any more.
  template <class F>
  std::invoke_result_t<F> locked(F&& work) {
    const std::lock_guard lock(mutex);
    return guarded(address.place(), [&] {
      try {
        return work();
      } catch (const std::exception& error) {
        if (isDamage(error)) readOnly = true;
        throw;
      }
    });
  }

  // The same inside a write transaction, rolled back on an error.
  template <class F>
  Status changed(F&& work) {
    return locked([&]() -> Status {
      if (readOnly) return fail("{}: is read-only here, nothing can be changed", address.place());
      SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
      if (Status status = work(); !status) return status;
      transaction.commit();
      return {};
    });
  }
};

// Opens the connection a store works with: the mode the file allows, the schema prepared or inspected.
Result<std::unique_ptr<SQLite::Database>> openDatabase(StoreAddress& address, const StoreOptions& options,
                                                       bool& readOnly, std::vector<std::string>& notes);

// Marks runs whose writer is gone as interrupted and makes posting lists that are missing. How many were marked.
Result<int> recoverRuns(SQLite::Database& database, const std::string& place);

// True while the process that writes the run of this row lives.
bool writerLives(const SQLite::Statement& row, int firstColumn);  // owner_pid, owner_started, owner_machine, heartbeat

}  // namespace core
