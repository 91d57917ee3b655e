#include "core/store/session_store.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/base/check.h"
#include "core/store/run_writer_state.h"
#include "core/store/session_store_state.h"
#include "core/trace/run_info_json.h"

namespace core {

namespace {
constexpr std::array<std::string_view, 4> kStateNames = {"running", "complete", "interrupted", "cancelled"};
}

std::string_view runStateName(RunState state) { return kStateNames.at(static_cast<size_t>(state)); }

std::filesystem::path SessionStore::defaultPath() {
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder;
  if (data && data[0] == '/') {  // the specification: relative paths are ignored
    folder = data;
  } else {
    folder = std::filesystem::path(home && home[0] ? home : "/") / ".local" / "share";
  }
  return folder / "expertscope" / "sessions.db";
}

SessionStore::SessionStore(std::unique_ptr<State> state) : m_state(std::move(state)) {}
SessionStore::~SessionStore() = default;

const std::filesystem::path& SessionStore::path() const { return m_state->address.path; }
bool SessionStore::readOnly() const { return m_state->readOnly; }
const std::vector<std::string>& SessionStore::notes() const { return m_state->notes; }

Result<std::unique_ptr<SessionStore>> SessionStore::open(const std::filesystem::path& path,
                                                         const StoreOptions& options) {
  auto state = std::make_unique<State>();
  state->address.path = path;
  bool readOnly = false;
  TRY_ASSIGN(state->database, openDatabase(state->address, options, readOnly, state->notes));
  state->readOnly = readOnly;
  if (!state->readOnly) {
    const Result<int> marked =
        guarded(state->address.place(), [&] { return recoverRuns(*state->database, state->address.place()); });
    if (!marked) {
      state->notes.push_back("interrupted runs could not be marked: " + marked.error().message);
    } else if (*marked > 0) {
      state->notes.push_back(
          fmt::format("{} {} interrupted; what was recorded is kept", *marked, *marked == 1 ? "run was" : "runs were"));
    }
  }
  return std::unique_ptr<SessionStore>(new SessionStore(std::move(state)));
}

Result<std::unique_ptr<RunWriter>> SessionStore::beginRun(const RunInfo& info, std::span<const int32_t> ids,
                                                          std::span<const std::string> texts,
                                                          const WriteOptions& options) {
  CHECK(info.config, "a run of no model");
  CHECK(ids.size() == texts.size(), "{} ids, {} texts", ids.size(), texts.size());
  if (m_state->readOnly) return fail("{}: is read-only here, the run cannot be stored", m_state->address.place());
  return guarded(m_state->address.place(), [&]() -> Result<std::unique_ptr<RunWriter>> {
    auto writer = std::make_unique<RunWriter::State>();
    writer->address = m_state->address;
    writer->options = options;
    writer->database = connect(writer->address.name, writer->address.options);
    std::string note;
    prepareWriting(*writer->database, writer->address.path == ":memory:", note);
    writer->latest =
        Trace(std::make_shared<const RunInfo>(info)).withIds({ids.begin(), ids.end()}, {texts.begin(), texts.end()});
    const auto streams = static_cast<size_t>(kStreams * std::max(1, info.config->layers));
    writer->saved.pieces.resize(streams);
    writer->saved.ends.resize(streams);
    RunWriter::State::Progress progress = writer->saved;
    SQLite::Transaction transaction(*writer->database, SQLite::TransactionBehavior::IMMEDIATE);
    writer->id = insertRun(*writer->database, info, static_cast<int>(ids.size()), options.storeFull);
    writer->writeTokens(progress, false);
    indexText(*writer->database, writer->id);
    transaction.commit();
    progress.info = writer->latest.sharedInfo();
    writer->saved = std::move(progress);
    writer->next = RunWriter::State::Clock::now() + options.interval;
    return std::unique_ptr<RunWriter>(new RunWriter(std::move(writer)));
  });
}

Result<Trace> SessionStore::loadTrace(RunId id, const std::function<bool(const Trace&)>& published) {
  return m_state->locked([&]() -> Result<Trace> {
    // One read transaction: a run that is being written does not change between head and blocks.
    SQLite::Transaction transaction(*m_state->database);
    TRY_ASSIGN(Trace trace, readRunHead(*m_state->database, id, m_state->address.place()));
    TRY_STATUS(readBlocks(*m_state->database, id, m_state->address.place(), trace, published));
    return trace;
  });
}

int64_t fullTensorBytes(const ModelConfig& config, int64_t tokens) {
  int64_t columns = 0;
  for (const HookInfo& info : allHooks()) {
    if (info.level != Capture::Full) continue;
    const bool dense = info.hook == Hook::Dense;
    for (int layer = 0; layer < config.layers && info.stream == Stream::Layer; ++layer) {
      const bool moe = config.layer[static_cast<size_t>(layer)].moe;
      if (info.hook == Hook::Shared && (!moe || config.shared == SharedExpert::None)) continue;
      if ((info.hook == Hook::Routed && !moe) || (dense && moe)) continue;
      columns += columnsOf(info.hook, config);
    }
    if (info.stream != Stream::Layer) columns += columnsOf(info.hook, config);
  }
  return columns * tokens * 4;
}

}  // namespace core
