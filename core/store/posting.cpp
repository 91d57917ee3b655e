#include "core/store/posting.h"

#include <cstring>
#include <map>

#include "core/trace/dispatch.h"

namespace core {
namespace {

constexpr uint8_t kVersion = 1;

void putVarint(Bytes& bytes, uint32_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<uint8_t>(value | 0x80));
  bytes.push_back(static_cast<uint8_t>(value));
}

void putShort(Bytes& bytes, uint16_t value) {
  bytes.push_back(static_cast<uint8_t>(value));
  bytes.push_back(static_cast<uint8_t>(value >> 8));
}

uint16_t shortAt(ByteView bytes, size_t at) { return static_cast<uint16_t>(bytes[at] | bytes[at + 1] << 8); }

// False where the bytes end, or hold a number past 32 bits.
bool takeVarint(ByteView& bytes, uint32_t& value) {
  value = 0;
  for (int shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    if (shift == 28 && byte > 0x0f) return false;
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// A list of `count` numbers takes at least as many bytes: nothing larger than the blob is allocated.
Status openList(ByteView& bytes, int64_t count, std::string_view place) {
  if (bytes.empty() || bytes.front() != kVersion) return fail("{}: expected a list of version {}", place, kVersion);
  bytes = bytes.subspan(1);
  if (count < 0 || static_cast<uint64_t>(count) > bytes.size()) {
    return fail("{}: expected {} entries, found {} bytes", place, count, bytes.size());
  }
  return {};
}

// The next position, `gap` behind the last one.
bool advance(int& position, uint32_t gap) {
  const int64_t next = static_cast<int64_t>(position) + 1 + gap;
  if (next >= kMaxRunTokens) return false;
  position = static_cast<int>(next);
  return true;
}

// Choices of one layer, by expert.
void addLayer(const Trace& trace, int layer, Postings& out, std::vector<uint16_t>& routes) {
  const int E = trace.config().router.experts, K = trace.config().router.chosen, L = trace.config().layers;
  const int rows = std::min(trace.tokens(Stream::Layer, layer), trace.length());
  const LayerDispatch dispatch = dispatchOf(trace, layer);
  std::vector<ChoicePosting> lists(static_cast<size_t>(E));
  std::vector<int> last(static_cast<size_t>(E), -1);
  for (int token = 0; token < rows; ++token) {
    const std::span<const int32_t> ids = trace.ints(Hook::RouterIds, layer, token);
    for (size_t rank = 0; rank < ids.size(); ++rank) {
      const int expert = ids[rank];
      if (expert < 0 || expert >= E) continue;
      const size_t choice = static_cast<size_t>(token) * static_cast<size_t>(K) + rank;
      const bool dropped = dispatch.exists && choice < dispatch.kept.size() && dispatch.kept[choice] == 0;
      ChoicePosting& list = lists[static_cast<size_t>(expert)];
      if (list.list.empty()) list.list.push_back(kVersion);
      putVarint(list.list,
                static_cast<uint32_t>(token - last[static_cast<size_t>(expert)] - 1) * 2 + (dropped ? 1 : 0));
      putVarint(list.list, static_cast<uint32_t>(rank));
      last[static_cast<size_t>(expert)] = token;
      list.choices += 1;
      list.dropped += dropped;
      list.firsts += rank == 0;
      list.firstsDropped += rank == 0 && dropped;
      routes[(static_cast<size_t>(token) * static_cast<size_t>(L) + static_cast<size_t>(layer)) *
                 static_cast<size_t>(K) +
             rank] = static_cast<uint16_t>(expert | (dropped ? kDroppedBit : 0));
    }
  }
  for (int expert = 0; expert < E; ++expert) {
    ChoicePosting& list = lists[static_cast<size_t>(expert)];
    if (list.choices == 0) continue;
    list.layer = layer;
    list.expert = expert;
    out.dropped += list.dropped;
    out.firstsDropped += list.firstsDropped;
    out.choices.push_back(std::move(list));
  }
}

void addTokens(const Trace& trace, const std::vector<uint16_t>& routes, Postings& out) {
  const size_t L = trace.config().router.experts > 0 ? static_cast<size_t>(trace.config().layers) : 0;
  const size_t K = static_cast<size_t>(trace.config().router.chosen);
  std::map<int32_t, std::vector<int>> places;
  for (int token = 0; token < trace.length(); ++token) places[trace.ids()[static_cast<size_t>(token)]].push_back(token);
  for (const auto& [id, positions] : places) {
    TokenPosting& posting = out.tokens.emplace_back();
    posting.id = id;
    posting.occurrences = static_cast<int64_t>(positions.size());
    posting.positions.push_back(kVersion);
    posting.routes.push_back(kVersion);
    putShort(posting.routes, static_cast<uint16_t>(L));
    putShort(posting.routes, static_cast<uint16_t>(K));
    int last = -1;
    for (const int token : positions) {
      putVarint(posting.positions, static_cast<uint32_t>(token - last - 1));
      last = token;
      const size_t row = static_cast<size_t>(token) * L * K;
      for (size_t i = 0; i < L * K; ++i) putShort(posting.routes, routes[row + i]);
    }
  }
}

}  // namespace

Postings makePostings(const Trace& trace) {
  const ModelConfig& config = trace.config();
  Postings out;
  std::vector<uint16_t> routes(static_cast<size_t>(trace.length()) * static_cast<size_t>(config.layers) *
                                   static_cast<size_t>(config.router.chosen),
                               kNoChoice);
  for (int layer = 0; layer < config.layers && config.router.experts > 0; ++layer) addLayer(trace, layer, out, routes);
  addTokens(trace, routes, out);
  return out;
}

Result<std::vector<PostedChoice>> decodeChoices(ByteView bytes, int64_t count, std::string_view place) {
  TRY_STATUS(openList(bytes, count, place));
  std::vector<PostedChoice> choices;
  choices.reserve(static_cast<size_t>(count));
  int token = -1;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t gap = 0, rank = 0;
    if (!takeVarint(bytes, gap) || !takeVarint(bytes, rank) || rank >= kMaxExperts || !advance(token, gap >> 1)) {
      return fail("{}: entry {} of {} is cut short or out of range", place, i, count);
    }
    choices.push_back({token, static_cast<int>(rank), (gap & 1) != 0});
  }
  if (!bytes.empty()) return fail("{}: {} bytes too many", place, bytes.size());
  return choices;
}

Result<std::vector<int>> decodePositions(ByteView bytes, int64_t count, std::string_view place) {
  TRY_STATUS(openList(bytes, count, place));
  std::vector<int> positions;
  positions.reserve(static_cast<size_t>(count));
  int token = -1;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t gap = 0;
    if (!takeVarint(bytes, gap) || !advance(token, gap)) {
      return fail("{}: entry {} of {} is cut short or out of range", place, i, count);
    }
    positions.push_back(token);
  }
  if (!bytes.empty()) return fail("{}: {} bytes too many", place, bytes.size());
  return positions;
}

Result<PostedRoutes> decodeRoutes(ByteView bytes, int64_t count, std::string_view place) {
  if (bytes.size() < 5 || bytes.front() != kVersion) return fail("{}: expected routes of version {}", place, kVersion);
  PostedRoutes routes;
  routes.layers = shortAt(bytes, 1);
  routes.K = shortAt(bytes, 3);
  bytes = bytes.subspan(5);
  const uint64_t row = static_cast<uint64_t>(routes.layers) * static_cast<uint64_t>(routes.K) * 2;
  if (routes.layers > kMaxLayers || routes.K > kMaxExperts || count < 0 || count > kMaxRunTokens ||
      bytes.size() != row * static_cast<uint64_t>(count)) {
    return fail("{}: expected ({}, {}, {}), found {} bytes", place, count, routes.layers, routes.K, bytes.size());
  }
  routes.choices.resize(bytes.size() / 2);
  if (!bytes.empty()) std::memcpy(routes.choices.data(), bytes.data(), bytes.size());
  return routes;
}

}  // namespace core
