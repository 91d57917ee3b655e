// Keeps a run in the session database while it is produced.
#pragma once

#include <memory>
#include <optional>

#include "core/store/session_store.h"

namespace app {

class StoredRun {
 public:
  // storeFull keeps the tensors of capture level full as well; they are large.
  StoredRun(std::unique_ptr<core::SessionStore> store, bool storeFull);

  // What was recorded so far; the first call makes the row. An error is kept for finish(), the run goes on.
  void published(const core::Trace& trace);
  // Writes the rest. Errors: the first that occurred.
  core::Status finish(const core::Trace& trace, bool interrupted);

  core::RunId id() const { return m_writer ? m_writer->id() : 0; }

 private:
  std::unique_ptr<core::SessionStore> m_store;
  std::unique_ptr<core::RunWriter> m_writer;
  core::WriteOptions m_options;
  std::optional<core::Error> m_error;
};

}  // namespace app
