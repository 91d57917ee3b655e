// Inside of core/store: how a RunWriter is begun.
#pragma once

#include "core/store/connection.h"
#include "core/store/run_writer.h"

namespace core {

struct RunWriter::State {
  using Clock = std::chrono::steady_clock;

  // A row of `block` on disk.
  struct Piece {
    int64_t rowid = 0;
    int first = 0;
  };
  struct Progress {
    std::vector<std::vector<Piece>> pieces;  // (Stream, layer)
    std::vector<int> ends;                   // tokens on disk of each stream
    int ids = 0;
    std::shared_ptr<const RunInfo> info;
    bool running = true;
    bool complete = false;  // posting lists match what is stored
  };

  StoreAddress address;
  std::unique_ptr<SQLite::Database> database;
  std::optional<SQLite::Statement> insertBlock, deleteBlock;  // made at the first use
  WriteOptions options;
  RunId id = 0;
  Progress saved;
  Trace latest;
  Clock::time_point next{};
  std::chrono::duration<double> spent{0};

  Capture level() const { return options.storeFull ? Capture::Full : Capture::Ledger; }
  Status write(std::optional<RunEnd> end);
  void writeTokens(Progress& progress, bool whole);
  void writeStream(Progress& progress, Stream stream, int layer);
  void writePiece(std::vector<Piece>& pieces, const Block& block);
  Status learnRows();  // of a run that is already there; inside a transaction of the caller's
  void writeRow(Progress& progress, std::optional<RunEnd> end);
};

// Adds the run's row; inside a transaction of the caller's. Throws SQLite::Exception.
RunId insertRun(SQLite::Database& database, const RunInfo& info, int tokens, bool storeFull);

// The info without what stands in columns and tables of its own (prompt, model config).
std::string infoText(const RunInfo& info);

}  // namespace core
