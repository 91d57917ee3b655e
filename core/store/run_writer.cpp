// A trace's stream is a list of blocks, and the youngest of them grow together while a run generates token by token
// (core/trace/trace.cpp). The database mirrors that list: rows of blocks that were merged since are replaced by the
// merged one, so that a run of thousands of tokens does not become thousands of rows.
#include "core/store/run_writer.h"

#include <algorithm>

#include "core/store/owner.h"
#include "core/store/run_writer_state.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

constexpr size_t kPieceBytes = size_t{64} << 20;  // larger blocks (all logits of a long prompt) are cut
constexpr double kShare = 0.08;                   // of the run's time that writing may take

size_t streamIndex(Stream stream, int layer) {
  return static_cast<size_t>(stream) + static_cast<size_t>(kStreams) * static_cast<size_t>(layer);
}

const char* endName(RunEnd end) {
  return end == RunEnd::Complete ? "complete" : end == RunEnd::Cancelled ? "cancelled" : "interrupted";
}

size_t rowBytes(const Block& block, Capture level) {
  size_t columns = 0;
  for (const Array& array : block.arrays) {
    if (hookInfo(array.hook).level <= level) columns += static_cast<size_t>(array.columns);
  }
  return std::max<size_t>(1, columns * 4);
}

Block rowsOf(const Block& block, int first, int count) {
  Block part = block;
  part.firstToken = block.firstToken + first;
  part.tokens = count;
  for (Array& array : part.arrays) {
    const auto cut = [&](auto& values) {
      if (values.empty()) return;
      const auto begin = values.begin() + static_cast<ptrdiff_t>(first) * array.columns;
      values = std::remove_reference_t<decltype(values)>(begin, begin + static_cast<ptrdiff_t>(count) * array.columns);
    };
    cut(array.floats);
    cut(array.ints);
  }
  return part;
}

int64_t modelRow(SQLite::Database& database, const RunInfo& info) {
  const std::string config = jsonText(toJson(*info.config));
  SQLite::Statement find(database, "SELECT id FROM model WHERE name = ? AND hash = ? AND config = ?");
  find.bind(1, info.modelName);
  find.bind(2, info.modelHash);
  find.bind(3, config);
  if (find.executeStep()) return find.getColumn(0).getInt64();
  SQLite::Statement insert(database, "INSERT INTO model(name, hash, config) VALUES (?, ?, ?)");
  insert.bind(1, info.modelName);
  insert.bind(2, info.modelHash);
  insert.bind(3, config);
  insert.exec();
  return database.getLastInsertRowid();
}

}  // namespace

std::string infoText(const RunInfo& info) {
  RunInfo rest = info;
  rest.config.reset();
  rest.prompt.reset();
  return jsonText(toJson(rest));
}

RunId insertRun(SQLite::Database& database, const RunInfo& info, int tokens, bool storeFull) {
  const Owner owner = thisProcess();
  SQLite::Statement insert(database,
                           "INSERT INTO run(created, model, model_name, capture, full_stored, state, tokens, "
                           "prompt_tokens, owner_pid, owner_started, owner_machine, heartbeat, prompt, info) "
                           "VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, utcNow());
  insert.bind(2, modelRow(database, info));
  insert.bind(3, info.modelName);
  insert.bind(4, std::string(captureName(info.capture)));
  insert.bind(5, storeFull ? 1 : 0);
  insert.bind(6, tokens);
  insert.bind(7, info.promptTokens);
  insert.bind(8, owner.pid);
  insert.bind(9, owner.started);
  insert.bind(10, owner.machine);
  insert.bind(11, secondsNow());
  if (info.prompt) insert.bind(12, *info.prompt);
  insert.bind(13, infoText(info));
  insert.exec();
  return database.getLastInsertRowid();
}

void RunWriter::State::writePiece(std::vector<Piece>& pieces, const Block& block) {
  const Bytes bytes = encodeBlock(block, level());
  if (bytes.empty()) return;
  if (!insertBlock) {
    insertBlock.emplace(*database,
                        "INSERT INTO block(run, first, layer, stream, tokens, data) VALUES (?, ?, ?, ?, ?, ?)");
  }
  insertBlock->reset();
  insertBlock->bind(1, id);
  insertBlock->bind(2, block.firstToken);
  insertBlock->bind(3, block.layer);
  insertBlock->bind(4, std::string(streamName(block.stream)));
  insertBlock->bind(5, block.tokens);
  bindBlob(*insertBlock, 6, bytes);
  insertBlock->exec();
  insertBlock->reset();
  pieces.push_back({database->getLastInsertRowid(), block.firstToken});
}

void RunWriter::State::writeStream(Progress& progress, Stream stream, int layer) {
  const size_t index = streamIndex(stream, layer);
  int& end = progress.ends[index];
  if (latest.tokens(stream, layer) <= end) return;
  const auto blocks = latest.blocks(stream, layer);
  std::vector<Piece>& pieces = progress.pieces[index];
  // The first block with new rows; further back while it begins in the middle of a piece.
  auto block =
      std::find_if(blocks.begin(), blocks.end(), [&](const auto& b) { return b->firstToken + b->tokens > end; });
  const auto begins = [&](int token) {
    return token == end || std::any_of(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.first == token; });
  };
  while (block != blocks.begin() && !begins((*block)->firstToken)) --block;
  while (!pieces.empty() && pieces.back().first >= (*block)->firstToken) {
    if (!deleteBlock) deleteBlock.emplace(*database, "DELETE FROM block WHERE id = ?");
    deleteBlock->reset();
    deleteBlock->bind(1, pieces.back().rowid);
    deleteBlock->exec();
    pieces.pop_back();
  }
  for (; block != blocks.end(); ++block) {
    const auto most = static_cast<int>(std::max<size_t>(1, kPieceBytes / rowBytes(**block, level())));
    if ((*block)->tokens <= most) {
      writePiece(pieces, **block);
      continue;
    }
    for (int first = 0; first < (*block)->tokens; first += most) {
      writePiece(pieces, rowsOf(**block, first, std::min(most, (*block)->tokens - first)));
    }
  }
  end = latest.tokens(stream, layer);
}

// New ids as one more chunk; at the end all of them as one.
void RunWriter::State::writeTokens(Progress& progress, bool whole) {
  const int length = latest.length();
  int first = progress.ids;
  if (whole) {
    SQLite::Statement erase(*database, "DELETE FROM token_chunk WHERE run = ?");
    erase.bind(1, id);
    erase.exec();
    first = 0;
  }
  if (length == first) return;
  const auto count = static_cast<size_t>(length - first);
  const Bytes ids = encodeIds(std::span(latest.ids()).subspan(static_cast<size_t>(first), count));
  const Bytes texts = encodeTexts(std::span(latest.texts()).subspan(static_cast<size_t>(first), count));
  SQLite::Statement insert(*database, "INSERT INTO token_chunk VALUES (?, ?, ?, ?, ?)");
  insert.bind(1, id);
  insert.bind(2, first);
  insert.bind(3, length - first);
  bindBlob(insert, 4, ids);
  bindBlob(insert, 5, texts);
  insert.exec();
  progress.ids = length;
}

void RunWriter::State::writeRow(Progress& progress, std::optional<RunEnd> end) {
  SQLite::Statement update(*database,
                           "UPDATE run SET tokens = ?, heartbeat = ?, state = ?, prompt_tokens = ?, indexed = 0 "
                           "WHERE id = ?");
  update.bind(1, latest.length());
  update.bind(2, secondsNow());
  update.bind(3, end ? endName(*end) : "running");
  update.bind(4, latest.promptTokens());
  update.bind(5, id);
  if (update.exec() != 1) {
    throw SQLite::Exception(fmt::format("run {} was erased while it was written; start it again to keep it", id));
  }
  if (progress.info == latest.sharedInfo()) return;
  progress.info = latest.sharedInfo();
  SQLite::Statement info(*database, "UPDATE run SET info = ?, model = ?, model_name = ? WHERE id = ?");
  info.bind(1, infoText(*progress.info));
  info.bind(2, modelRow(*database, *progress.info));
  info.bind(3, progress.info->modelName);
  info.bind(4, id);
  info.exec();
}

Status RunWriter::State::write(std::optional<RunEnd> end) {
  const Clock::time_point start = Clock::now();
  const Status status = guarded(address.place(), [&]() -> Status {
    Progress progress = saved;
    SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
    writeRow(progress, end);
    if (progress.ids != latest.length() || end) writeTokens(progress, end.has_value());
    for (int i = 0; i < kStreams; ++i) {
      const auto stream = static_cast<Stream>(i);
      const int layers = isOfLayer(stream) ? latest.config().layers : 1;
      for (int layer = 0; layer < layers; ++layer) writeStream(progress, stream, layer);
    }
    if (end) writePostings(*database, id, latest);
    progress.running = !end;
    transaction.commit();
    saved = std::move(progress);
    return {};
  });
  const Clock::time_point now = Clock::now();
  spent += now - start;
  const auto pause = std::chrono::duration_cast<Clock::duration>((now - start) / kShare);
  next = now + std::max<Clock::duration>(options.interval, pause);
  return status;
}

RunWriter::RunWriter(std::unique_ptr<State> state) : m_state(std::move(state)) {}

RunWriter::~RunWriter() {
  if (!m_state->saved.running || m_state->write(RunEnd::Interrupted)) return;
  // No room for the rest: at least the state. Nobody is left to tell of a failure; the next one to open the database
  // after this process marks the run then.
  (void)guarded(m_state->address.place(), [&]() -> Status {
    m_state->database->exec(fmt::format("UPDATE run SET state = 'interrupted' WHERE id = {}", m_state->id));
    return {};
  });
}

RunId RunWriter::id() const { return m_state->id; }
double RunWriter::secondsSpent() const { return m_state->spent.count(); }

int RunWriter::savedTokens() const {
  int tokens = m_state->saved.ids;
  for (int layer = 0; layer < m_state->latest.config().layers; ++layer) {
    tokens = std::min(tokens, m_state->saved.ends[streamIndex(Stream::Layer, layer)]);
  }
  return tokens;
}

Status RunWriter::append(const Trace& trace) {
  if (trace.empty() || trace.config().layers != m_state->latest.config().layers) {
    return fail("run {}: expected the trace of the same model, found another", m_state->id);
  }
  const std::vector<int32_t>& before = m_state->latest.ids();
  if (trace.length() < static_cast<int>(before.size()) ||
      !std::equal(before.begin(), before.end(), trace.ids().begin())) {
    return fail("run {}: expected a trace that continues the one before; begin another run for it", m_state->id);
  }
  m_state->latest = trace;
  if (State::Clock::now() < m_state->next) return {};
  return m_state->write(std::nullopt);
}

Status RunWriter::flush() { return m_state->write(std::nullopt); }

Status RunWriter::finish(const Trace& trace, RunEnd end) {
  m_state->next = State::Clock::time_point::max();
  if (Status status = append(trace); !status) return status;
  return m_state->write(end);
}

}  // namespace core
