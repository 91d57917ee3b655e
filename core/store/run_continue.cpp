// A finished run goes on in its own row: the writer learns from the database which rows are there already.
#include <algorithm>

#include "core/store/owner.h"
#include "core/store/run_writer_state.h"
#include "core/store/session_store_state.h"

namespace core {
// What `saved` would hold had this process written the rows.
Status RunWriter::State::learnRows() {
  const auto streams = static_cast<size_t>(kStreams * std::max(1, latest.config().layers));
  saved.pieces.resize(streams);
  saved.ends.resize(streams);
  saved.ids = latest.length();
  saved.info = latest.sharedInfo();
  saved.running = false;
  SQLite::Statement rows(*database, "SELECT id, layer, stream, first, tokens FROM block WHERE run = ? ORDER BY first");
  rows.bind(1, id);
  while (rows.executeStep()) {
    const std::optional<Stream> stream = streamNamed(rows.getColumn(2).getString());
    const int64_t layer = rows.getColumn(1).getInt64();
    if (!stream || layer < 0 || layer >= std::max(1, latest.config().layers)) {
      return fail("{}: run {}: expected blocks of {} layers, found layer {}", address.place(), id,
                  latest.config().layers, layer);
    }
    const size_t index = static_cast<size_t>(*stream) + static_cast<size_t>(kStreams) * static_cast<size_t>(layer);
    const int first = rows.getColumn(3).getInt();
    saved.pieces[index].push_back({rows.getColumn(0).getInt64(), first});
    saved.ends[index] = first + rows.getColumn(4).getInt();
  }
  return {};
}

Result<std::unique_ptr<RunWriter>> SessionStore::continueRun(RunId id, const Trace& trace) {
  const std::string place = m_state->address.place();
  if (m_state->readOnly) return fail("{}: is read-only here, the run cannot go on in it", place);
  if (trace.empty()) return fail("{}: run {}: there is nothing to go on from", place, id);
  return guarded(place, [&]() -> Result<std::unique_ptr<RunWriter>> {
    auto writer = std::make_unique<RunWriter::State>();
    writer->address = m_state->address;
    writer->database = connect(writer->address.name, writer->address.options);
    std::string note;
    prepareWriting(*writer->database, writer->address.path == ":memory:", note);
    writer->id = id;
    writer->latest = trace;
    SQLite::Transaction transaction(*writer->database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement row(*writer->database,
                          "SELECT tokens, full_stored, state, owner_pid, owner_started, owner_machine, heartbeat "
                          "FROM run WHERE id = ?");
    row.bind(1, id);
    if (!row.executeStep()) return fail("{}: there is no run {}", place, id);
    if (row.getColumn(0).getInt() != trace.length()) {
      return fail("{}: run {}: expected the {} tokens that are stored, found {}; open it again", place, id,
                  row.getColumn(0).getInt(), trace.length());
    }
    if (row.getColumn(2).getString() == "running" && writerLives(row, 3)) {
      return fail("{}: run {} is still being written, here or by another program", place, id);
    }
    writer->options.storeFull = row.getColumn(1).getInt() != 0;
    TRY_STATUS(writer->learnRows());
    const Owner owner = thisProcess();
    SQLite::Statement take(*writer->database,
                           "UPDATE run SET owner_pid = ?, owner_started = ?, owner_machine = ?, heartbeat = ? "
                           "WHERE id = ?");
    take.bind(1, owner.pid);
    take.bind(2, owner.started);
    take.bind(3, owner.machine);
    take.bind(4, secondsNow());
    take.bind(5, id);
    take.exec();
    transaction.commit();
    writer->next = RunWriter::State::Clock::now() + writer->options.interval;
    return std::unique_ptr<RunWriter>(new RunWriter(std::move(writer)));
  });
}

}  // namespace core
