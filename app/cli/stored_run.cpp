#include "app/cli/stored_run.h"

#include <algorithm>
#include <span>

namespace app {

StoredRun::StoredRun(std::unique_ptr<core::SessionStore> store, bool storeFull) : m_store(std::move(store)) {
  m_options.storeFull = storeFull;
}

void StoredRun::published(const core::Trace& trace) {
  if (m_error || trace.empty()) return;
  if (!m_writer) {
    const auto prompt = static_cast<size_t>(std::min(trace.promptTokens(), trace.length()));
    auto writer = m_store->beginRun(trace.info(), std::span(trace.ids()).first(prompt),
                                    std::span(trace.texts()).first(prompt), m_options);
    if (!writer) {
      m_error = writer.error();
      return;
    }
    m_writer = std::move(*writer);
  }
  if (const core::Status status = m_writer->append(trace); !status) m_error = status.error();
}

core::Status StoredRun::finish(const core::Trace& trace, bool interrupted) {
  published(trace);
  if (!m_writer) return tl::unexpected<core::Error>(*m_error);
  // finish() tries again to write all that is missing: only its own failure loses anything.
  return m_writer->finish(trace, interrupted ? core::RunEnd::Interrupted : core::RunEnd::Complete);
}

}  // namespace app
