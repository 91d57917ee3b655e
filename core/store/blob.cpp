#include "core/store/blob.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "core/base/check.h"

namespace core {
namespace {

static_assert(std::endian::native == std::endian::little, "blobs are written as they lie in memory");

constexpr std::array<std::string_view, kStreams> kStreamNames = {"layer", "layer_head", "layer_next",
                                                                 "head",  "head_next",  "embeddings"};
constexpr uint16_t kVersion = 1;
constexpr std::string_view kBlockMagic = "XSBL", kIdsMagic = "XSID", kTextsMagic = "XSTX";
constexpr size_t kHeader = 12;   // magic, version, arrays, rows
constexpr size_t kChecksum = 8;  // XXH64 of everything before it

enum class Kind : uint8_t { F32, I8, I16, I32 };

size_t sizeOf(Kind kind) { return kind == Kind::I8 ? 1 : kind == Kind::I16 ? 2 : 4; }

class Writer {
 public:
  Writer(std::string_view magic, uint16_t parts, uint32_t rows) {
    raw(magic.data(), magic.size());
    value(kVersion);
    value(parts);
    value(rows);
  }
  void raw(const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    m_bytes.insert(m_bytes.end(), bytes, bytes + size);
  }
  template <class T>
  void value(T value) {
    raw(&value, sizeof value);
  }
  void reserve(size_t more) { m_bytes.reserve(m_bytes.size() + more + kChecksum); }
  Bytes finish() {
    value(static_cast<uint64_t>(XXH64(m_bytes.data(), m_bytes.size(), 0)));
    return std::move(m_bytes);
  }

 private:
  Bytes m_bytes;
};

class Reader {
 public:
  Reader(ByteView bytes, std::string_view place) : m_bytes(bytes), m_place(place) {}

  // Checks magic, version, row count and checksum; leaves the parts to be read.
  Status open(std::string_view magic, int rows) {
    if (m_bytes.size() < kHeader + kChecksum) {
      return fail("{}: expected at least {} bytes, found {}", m_place, kHeader + kChecksum, m_bytes.size());
    }
    if (std::memcmp(m_bytes.data(), magic.data(), magic.size()) != 0) {
      return fail("{}: expected the magic {}, found other bytes", m_place, magic);
    }
    m_at = magic.size();
    const auto version = take<uint16_t>();
    m_parts = take<uint16_t>();
    const auto found = take<uint32_t>();
    if (version != kVersion) return fail("{}: expected version {}, found {}", m_place, kVersion, version);
    if (found != static_cast<uint32_t>(rows)) return fail("{}: expected {} rows, found {}", m_place, rows, found);
    const ByteView body = m_bytes.first(m_bytes.size() - kChecksum);
    uint64_t stated = 0;
    std::memcpy(&stated, m_bytes.data() + body.size(), sizeof stated);
    if (XXH64(body.data(), body.size(), 0) != stated) {
      return fail("{}: the bytes do not match their checksum; the database is damaged", m_place);
    }
    m_bytes = body;
    return {};
  }
  uint16_t parts() const { return m_parts; }
  size_t left() const { return m_bytes.size() - m_at; }
  template <class T>
  T take() {
    T value{};
    std::memcpy(&value, m_bytes.data() + m_at, sizeof value);
    m_at += sizeof value;
    return value;
  }
  ByteView take(size_t size) {
    const ByteView part = m_bytes.subspan(m_at, size);
    m_at += size;
    return part;
  }
  auto cut(size_t needed) const { return fail("{}: expected {} more bytes, found {}", m_place, needed, left()); }
  Status end() const {
    if (left() == 0) return {};
    return fail("{}: {} bytes too many", m_place, left());
  }
  std::string_view place() const { return m_place; }

 private:
  ByteView m_bytes;
  std::string_view m_place;
  size_t m_at = 0;
  uint16_t m_parts = 0;
};

Kind narrowest(const std::vector<int32_t>& values) {
  int32_t least = 0, most = 0;
  for (const int32_t value : values) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  if (least >= INT8_MIN && most <= INT8_MAX) return Kind::I8;
  if (least >= INT16_MIN && most <= INT16_MAX) return Kind::I16;
  return Kind::I32;
}

template <class T>
void writeAs(Writer& writer, const std::vector<int32_t>& values) {
  for (const int32_t value : values) writer.value(static_cast<T>(value));
}

template <class T>
void readAs(ByteView bytes, std::vector<int32_t>& values) {
  values.resize(bytes.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value{};
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof value);
    values[i] = value;  // NOLINT(bugprone-signed-char-misuse): a number of eight bits, no character
  }
}

void writeArray(Writer& writer, const Array& array) {
  const std::string_view name = hookInfo(array.hook).name;
  const bool isFloat = hookInfo(array.hook).type == HookType::F32;
  const Kind kind = isFloat ? Kind::F32 : narrowest(array.ints);
  writer.value(static_cast<uint8_t>(name.size()));
  writer.raw(name.data(), name.size());
  writer.value(static_cast<uint8_t>(kind));
  writer.value(static_cast<uint32_t>(array.columns));
  if (isFloat) writer.raw(array.floats.data(), array.floats.size() * sizeof(float));
  if (kind == Kind::I8) writeAs<int8_t>(writer, array.ints);
  if (kind == Kind::I16) writeAs<int16_t>(writer, array.ints);
  if (kind == Kind::I32) writeAs<int32_t>(writer, array.ints);
}

// What ints of a hook may be, [least, most].
std::pair<int, int> rangeOf(Hook hook, const ModelConfig& config) {
  if (hook == Hook::RouterIds) return {-1, config.router.experts - 1};  // -1: a changed routing chose fewer
  if (hook == Hook::AttentionRouterIds) return {0, config.attentionRouter.experts - 1};
  if (hook == Hook::RouterKept) return {0, 1};
  if (hook == Hook::TopIds) return {-1, config.vocabulary > 0 ? config.vocabulary - 1 : kMaxVocabulary};
  return {-1, std::numeric_limits<int32_t>::max()};
}

Status checkInts(const Array& array, const ModelConfig& config, std::string_view place) {
  const auto [least, most] = rangeOf(array.hook, config);
  for (const int32_t value : array.ints) {
    if (value < least || value > most) {
      return fail("{}: {}: expected values from {} to {}, found {}", place, hookInfo(array.hook).name, least, most,
                  value);
    }
  }
  return {};
}

Status checkColumns(Hook hook, uint32_t columns, const BlockKey& key, const ModelConfig& config,
                    std::string_view place) {
  const HookInfo& info = hookInfo(hook);
  if (info.stream != key.stream) return fail("{}: {} does not belong to this stream", place, info.name);
  const auto expected = static_cast<uint32_t>(columnsOf(hook, config));
  const bool fewer = info.shape == "10" && columns >= 1 && columns <= expected;  // a vocabulary below ten
  if (columns != expected && !fewer) {
    return fail("{}: {}: expected ({}, {}), found ({}, {})", place, info.name, key.tokens, expected, key.tokens,
                columns);
  }
  return {};
}

Status readArray(Reader& reader, Block& block, const BlockKey& key, const ModelConfig& config) {
  if (reader.left() < 1) return reader.cut(1);
  const size_t length = reader.take<uint8_t>();
  if (reader.left() < length + 5) return reader.cut(length + 5);
  const ByteView bytes = reader.take(length);
  const std::string name(bytes.begin(), bytes.end());
  const auto kind = static_cast<Kind>(reader.take<uint8_t>());
  const auto columns = reader.take<uint32_t>();
  if (kind > Kind::I32) return fail("{}: unknown type {} of an array", reader.place(), static_cast<int>(kind));
  // At most 2^24 rows and 2^32 columns of 4 bytes: no overflow in 64 bits.
  const uint64_t size = static_cast<uint64_t>(key.tokens) * columns * sizeOf(kind);
  if (reader.left() < size) return reader.cut(size);
  const ByteView data = reader.take(size);

  const std::optional<Hook> hook = hookNamed(name);
  if (!hook) return {};
  TRY_STATUS(checkColumns(*hook, columns, key, config, reader.place()));
  const bool isFloat = hookInfo(*hook).type == HookType::F32;
  if (isFloat != (kind == Kind::F32)) return fail("{}: {}: wrong type of values", reader.place(), name);
  if (block.find(*hook)) return fail("{}: {} occurs twice", reader.place(), name);
  Array& array = block.arrays.emplace_back();
  array.hook = *hook;
  array.columns = static_cast<int>(columns);
  if (kind == Kind::F32) {
    array.floats.resize(data.size() / sizeof(float));
    if (!data.empty()) std::memcpy(array.floats.data(), data.data(), data.size());
  }
  if (kind == Kind::I8) readAs<int8_t>(data, array.ints);
  if (kind == Kind::I16) readAs<int16_t>(data, array.ints);
  if (kind == Kind::I32) readAs<int32_t>(data, array.ints);
  return checkInts(array, config, reader.place());
}

}  // namespace

std::string_view streamName(Stream stream) { return kStreamNames.at(static_cast<size_t>(stream)); }

std::optional<Stream> streamNamed(std::string_view name) {
  const auto found = std::find(kStreamNames.begin(), kStreamNames.end(), name);
  if (found == kStreamNames.end()) return std::nullopt;
  return static_cast<Stream>(found - kStreamNames.begin());
}

int columnsOf(Hook hook, const ModelConfig& config) {
  const std::string_view shape = hookInfo(hook).shape;
  if (shape == "E") return config.router.experts;
  if (shape == "K") return config.router.chosen;
  if (shape == "Ea") return config.attentionRouter.experts;
  if (shape == "Ka") return config.attentionRouter.chosen;
  if (shape == "P") return LedgerParts{config.router.chosen}.count();
  if (shape == "D") return config.width;
  if (shape == "V") return config.vocabulary;
  if (shape == "1") return 1;
  CHECK(shape == "10", "{} has a shape unknown here: {}", hookInfo(hook).name, shape);
  return kTopPredictions;
}

Bytes encodeBlock(const Block& block, Capture level) {
  std::vector<const Array*> kept;
  size_t size = 0;
  for (const Array& array : block.arrays) {
    if (hookInfo(array.hook).level > level) continue;
    kept.push_back(&array);
    size += 64 + 4 * (array.floats.size() + array.ints.size());
  }
  if (kept.empty()) return {};
  Writer writer(kBlockMagic, static_cast<uint16_t>(kept.size()), static_cast<uint32_t>(block.tokens));
  writer.reserve(size);
  for (const Array* array : kept) writeArray(writer, *array);
  return writer.finish();
}

Result<Block> decodeBlock(ByteView bytes, const BlockKey& key, const ModelConfig& config, std::string_view place) {
  if (key.tokens < 1 || key.tokens > kMaxRunTokens || key.first < 0 || key.first > kMaxRunTokens) {
    return fail("{}: expected 1 to {} tokens, found {} from {} on", place, kMaxRunTokens, key.tokens, key.first);
  }
  Reader reader(bytes, place);
  TRY_STATUS(reader.open(kBlockMagic, key.tokens));
  Block block;
  block.stream = key.stream;
  block.layer = key.layer;
  block.firstToken = key.first;
  block.tokens = key.tokens;
  for (int i = 0; i < reader.parts(); ++i) TRY_STATUS(readArray(reader, block, key, config));
  TRY_STATUS(reader.end());
  return block;
}

Bytes encodeIds(std::span<const int32_t> ids) {
  Writer writer(kIdsMagic, 1, static_cast<uint32_t>(ids.size()));
  writer.raw(ids.data(), ids.size_bytes());
  return writer.finish();
}

Result<std::vector<int32_t>> decodeIds(ByteView bytes, int count, int vocabulary, std::string_view place) {
  Reader reader(bytes, place);
  TRY_STATUS(reader.open(kIdsMagic, count));
  std::vector<int32_t> ids;
  if (reader.left() != static_cast<size_t>(count) * 4) return reader.cut(static_cast<size_t>(count) * 4);
  readAs<int32_t>(reader.take(reader.left()), ids);
  for (const int32_t id : ids) {
    if (id < 0 || (vocabulary > 0 && id >= vocabulary)) {
      return fail("{}: expected token ids from 0 to {}, found {}", place, vocabulary - 1, id);
    }
  }
  return ids;
}

Bytes encodeTexts(std::span<const std::string> texts) {
  Writer writer(kTextsMagic, 1, static_cast<uint32_t>(texts.size()));
  for (const std::string& text : texts) writer.value(static_cast<uint32_t>(text.size()));
  for (const std::string& text : texts) writer.raw(text.data(), text.size());
  return writer.finish();
}

Result<std::vector<std::string>> decodeTexts(ByteView bytes, int count, std::string_view place) {
  Reader reader(bytes, place);
  TRY_STATUS(reader.open(kTextsMagic, count));
  const size_t lengths = static_cast<size_t>(count) * 4;
  if (reader.left() < lengths) return reader.cut(lengths);
  ByteView sizes = reader.take(lengths);
  std::vector<std::string> texts;
  texts.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    uint32_t size = 0;
    std::memcpy(&size, sizes.data() + 4 * static_cast<size_t>(i), sizeof size);
    if (reader.left() < size) return reader.cut(size);
    const ByteView text = reader.take(size);
    texts.emplace_back(text.begin(), text.end());
  }
  TRY_STATUS(reader.end());
  return texts;
}

}  // namespace core
