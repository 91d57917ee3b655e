// From rows back to a trace. Rows and blobs are untrusted: every number is checked before it places anything.
#include <algorithm>

#include "core/base/json.h"
#include "core/store/connection.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kFirstPicture = std::chrono::milliseconds(40);
constexpr auto kNextPicture = std::chrono::milliseconds(150);

// The stored info with prompt and config put back in their places.
Result<std::shared_ptr<const RunInfo>> readInfo(const SQLite::Statement& row, const std::string& place) {
  TRY_ASSIGN(nlohmann::json json, parseJson(row.getColumn(0).getString(), place + ": info"));
  TRY_ASSIGN(nlohmann::json config, parseJson(row.getColumn(1).getString(), place + ": config"));
  if (!json.is_object()) return fail("{}: info: expected an object", place);
  json["config"] = std::move(config);
  json["prompt"] = nullptr;
  TRY_ASSIGN(RunInfo info, runInfoFromJson(json, place));
  if (!row.getColumn(2).isNull()) info.prompt = row.getColumn(2).getString();
  return std::make_shared<const RunInfo>(std::move(info));
}

Result<BlockKey> readKey(const SQLite::Statement& row, const Trace& trace, const std::string& place) {
  const std::string name = row.getColumn(1).getString();
  const std::optional<Stream> stream = streamNamed(name);
  const int64_t layer = row.getColumn(0).getInt64();
  const int64_t first = row.getColumn(2).getInt64(), tokens = row.getColumn(3).getInt64();
  const int layers = stream && !isOfLayer(*stream) ? 1 : trace.config().layers;
  if (!stream || layer < 0 || layer >= layers) {
    return fail("{}: expected a stream of {} layers, found layer {} of {}", place, trace.config().layers, layer, name);
  }
  const int expected = trace.tokens(*stream, static_cast<int>(layer));
  if (first != expected || tokens < 1 || tokens > trace.length() - first) {
    return fail("{}: layer {}, {}: expected rows from token {} on, at most {} in all, found {} rows from {} on", place,
                layer, name, expected, trace.length(), tokens, first);
  }
  return BlockKey{*stream, static_cast<int>(layer), static_cast<int>(first), static_cast<int>(tokens)};
}

}  // namespace

Result<Trace> readRunHead(SQLite::Database& database, RunId id, const std::string& file) {
  const std::string place = fmt::format("{}: run {}", file, id);
  SQLite::Statement row(database,
                        "SELECT info, config, prompt, tokens FROM run JOIN model ON model.id = run.model "
                        "WHERE run.id = ?");
  row.bind(1, id);
  if (!row.executeStep()) return fail("{}: there is no such run", place);
  TRY_ASSIGN(std::shared_ptr<const RunInfo> info, readInfo(row, place));
  const int64_t length = row.getColumn(3).getInt64();

  std::vector<int32_t> ids;
  std::vector<std::string> texts;
  SQLite::Statement chunks(database, "SELECT first, tokens, ids, texts FROM token_chunk WHERE run = ? ORDER BY first");
  chunks.bind(1, id);
  while (chunks.executeStep()) {
    const int64_t first = chunks.getColumn(0).getInt64(), count = chunks.getColumn(1).getInt64();
    if (first != static_cast<int64_t>(ids.size()) || count < 1 || count > kMaxRunTokens - first) {
      return fail("{}: expected tokens from {} on, found {} from {} on", place, ids.size(), count, first);
    }
    const auto tokens = static_cast<int>(count);
    TRY_ASSIGN(auto moreIds, decodeIds(blobColumn(chunks, 2), tokens, info->config->vocabulary, place + ": ids"));
    TRY_ASSIGN(auto moreTexts, decodeTexts(blobColumn(chunks, 3), tokens, place + ": texts"));
    ids.insert(ids.end(), moreIds.begin(), moreIds.end());
    std::move(moreTexts.begin(), moreTexts.end(), std::back_inserter(texts));
  }
  if (static_cast<int64_t>(ids.size()) != length || info->promptTokens > length) {
    return fail("{}: expected {} tokens, {} of them the prompt, found {}", place, length, info->promptTokens,
                ids.size());
  }
  return Trace(info).withIds(std::move(ids), std::move(texts));
}

Status readBlocks(SQLite::Database& database, RunId id, const std::string& file, Trace& trace,
                  const std::function<bool(const Trace&)>& published) {
  const std::string place = fmt::format("{}: run {}", file, id);
  SQLite::Statement rows(database,
                         "SELECT layer, stream, first, tokens, data FROM block WHERE run = ? "
                         "ORDER BY first, layer, stream");
  rows.bind(1, id);
  Clock::time_point next = Clock::now() + kFirstPicture;
  while (rows.executeStep()) {
    TRY_ASSIGN(const BlockKey key, readKey(rows, trace, place));
    const std::string blob =
        fmt::format("{}: layer {}, {} from token {} on", place, key.layer, streamName(key.stream), key.first);
    TRY_ASSIGN(Block block, decodeBlock(blobColumn(rows, 4), key, trace.config(), blob));
    trace = trace.with(std::move(block));
    if (published && Clock::now() >= next) {
      if (!published(trace)) return cancelled();
      next = Clock::now() + kNextPicture;
    }
  }
  return {};
}

}  // namespace core
