#include "core/model/safetensors.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/base/json.h"

namespace core {
namespace {

struct TypeInfo {
  std::string_view name;
  int bits;
};
constexpr std::array<TypeInfo, 22> kTypes = {{
    {"F32", 32},        {"F16", 16},    {"BF16", 16},   {"F64", 64},    {"I64", 64},    {"I32", 32},
    {"I16", 16},        {"I8", 8},      {"U64", 64},    {"U32", 32},    {"U16", 16},    {"U8", 8},
    {"BOOL", 8},        {"C64", 64},    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
}};
constexpr uint8_t kNoType = 0xff;
constexpr size_t kMaxHeaderBytes = 100'000'000;
constexpr int kMaxDepth = 64;
constexpr size_t kMaxDimensions = 64;

// Reads the header event by event. Depth 1 is the header's own object, 2 a tensor's entry (or the metadata), 3 the
// two arrays of an entry. Fields that the format does not know are skipped, as its library does.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string_view place) : m_place(place) {}

  std::deque<SafetensorsEntry> entries;
  std::string problem;

  bool start_object(std::size_t) override {
    if (++m_depth > kMaxDepth) return stop(fmt::format("nested deeper than {} levels", kMaxDepth));
    if (skipping()) return true;
    if (m_depth == 1) return true;
    if (m_depth == 2 && m_inMetadata) return true;
    if (m_depth == 2) return startEntry();
    return m_depth == 3 ? wrongValue("an object") : true;
  }
  bool end_object() override {
    const bool entryEnds = m_depth == 2 && !m_inMetadata;
    leave();
    if (m_depth == 1 && m_inMetadata) return endMetadata();
    return entryEnds ? endEntry() : true;
  }
  bool start_array(std::size_t) override {
    if (++m_depth > kMaxDepth) return stop(fmt::format("nested deeper than {} levels", kMaxDepth));
    if (m_depth == 1) return stop("header: expected an object, found an array");
    if (skipping()) return true;
    if (m_depth == 3 && !m_inMetadata && (m_field == Field::Shape || m_field == Field::Offsets)) {
      (m_field == Field::Shape ? m_seenShape : m_seenOffsets) = true;
      return true;
    }
    return wrongValue("an array");
  }
  bool end_array() override {
    leave();
    return true;
  }
  bool key(string_t& name) override {
    if (m_depth == 1) return headerKey(name);
    if (m_depth > 2) return true;  // inside a field that is skipped
    if (m_inMetadata) {
      m_metadataKeys.push_back(XXH3_64bits(name.data(), name.size()));
      return true;
    }
    return entryKey(name);
  }
  bool string(string_t& value) override {
    if (skipping()) return true;
    if (m_inMetadata && m_depth == 2) return true;
    if (m_depth != 2 || m_field != Field::Type) return wrongValue("a string");
    for (size_t i = 0; i < kTypes.size(); ++i) {
      if (kTypes[i].name == value) {
        entries.back().type = static_cast<uint8_t>(i);
        return true;
      }
    }
    return stop(fmt::format("tensor {}: expected a type such as F32, F16 or BF16, found \"{}\"",
                            quotedName(entries.back().name), value.substr(0, 40)));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (skipping()) return true;
    if (m_depth != 3 || m_inMetadata) return wrongValue("a number");
    SafetensorsEntry& entry = entries.back();
    if (m_field == Field::Shape) {
      if (value > static_cast<uint64_t>(INT64_MAX)) return wrongValue("a number past 2^63");
      if (entry.shape.size() >= kMaxDimensions)
        return stop(fmt::format("tensor {}: expected at most {} dimensions", quotedName(entry.name), kMaxDimensions));
      entry.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (m_offsets++ >= 2)
      return stop(fmt::format("tensor {}: data_offsets: expected two numbers, found more", quotedName(entry.name)));
    (m_offsets == 1 ? entry.begin : entry.end) = value;
    return true;
  }
  bool number_integer(number_integer_t) override { return skipping() || wrongValue("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return skipping() || wrongValue("a number with a fraction");
  }
  bool boolean(bool) override { return skipping() || wrongValue("a boolean"); }
  bool null() override {
    if (skipping()) return true;
    if (m_depth == 1 && m_inMetadata) {
      m_inMetadata = false;
      return true;
    }
    return wrongValue("null");
  }
  bool binary(binary_t&) override { return stop("header: binary value"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& why) override {
    if (!problem.empty()) return false;
    std::string_view text = why.what();
    if (const size_t colon = text.find("- "); colon != text.npos) text.remove_prefix(colon + 2);
    return stop(fmt::format("header is not valid JSON at byte {}: {}", position, text.substr(0, 200)));
  }

 private:
  enum class Field { None, Type, Shape, Offsets, Other };

  bool stop(std::string_view why) {
    if (problem.empty()) problem = fmt::format("{}: {}", m_place, why);
    return false;
  }
  bool wrongValue(std::string_view found) {
    if (m_depth == 0) return stop(fmt::format("header: expected an object, found {}", found));
    if (m_inMetadata) return stop(fmt::format("__metadata__: expected an object of texts, found {} in it", found));
    if (m_pending) return stop(fmt::format("tensor {}: expected an object, found {}", quotedName(m_name), found));
    const char* field = m_field == Field::Type    ? "dtype: expected a text"
                        : m_field == Field::Shape ? "shape: expected a list of whole numbers"
                                                  : "data_offsets: expected two whole numbers";
    return stop(fmt::format("tensor {}: {}, found {}", quotedName(entries.back().name), field, found));
  }
  bool skipping() const { return m_field == Field::Other && m_depth >= 2 && !m_inMetadata; }
  void leave() {
    --m_depth;
    if (m_depth == 2) m_field = Field::None;
  }

  bool headerKey(string_t& name) {
    m_field = Field::None;
    if (name == "__metadata__") {
      if (m_hadMetadata) return stop("header: __metadata__ occurs twice");
      return m_hadMetadata = m_inMetadata = true;
    }
    m_name = std::move(name);
    m_pending = true;
    return true;
  }
  bool endMetadata() {
    m_inMetadata = false;
    std::sort(m_metadataKeys.begin(), m_metadataKeys.end());
    const auto twice = std::adjacent_find(m_metadataKeys.begin(), m_metadataKeys.end());
    if (twice != m_metadataKeys.end()) return stop("__metadata__: a key occurs twice");
    m_metadataKeys = {};
    return true;
  }
  bool startEntry() {
    m_seenType = m_seenShape = m_seenOffsets = false;
    m_offsets = 0;
    m_field = Field::None;
    entries.emplace_back();
    entries.back().name = std::move(m_name);
    m_pending = false;
    entries.back().type = kNoType;
    return true;
  }
  bool entryKey(const string_t& name) {
    m_field = name == "dtype"          ? Field::Type
              : name == "shape"        ? Field::Shape
              : name == "data_offsets" ? Field::Offsets
                                       : Field::Other;
    if (m_field == Field::Other) return true;
    const bool again = m_field == Field::Type ? m_seenType : m_field == Field::Shape ? m_seenShape : m_seenOffsets;
    if (again) return stop(fmt::format("tensor {}: {} occurs twice", quotedName(entries.back().name), name));
    if (m_field == Field::Type) m_seenType = true;
    return true;
  }
  bool endEntry() {
    SafetensorsEntry& entry = entries.back();
    if (entry.type == kNoType) return stop(fmt::format("tensor {}: dtype is missing", quotedName(entry.name)));
    if (!m_seenShape) return stop(fmt::format("tensor {}: shape is missing", quotedName(entry.name)));
    if (m_offsets != 2)
      return stop(
          fmt::format("tensor {}: data_offsets: expected two numbers, found {}", quotedName(entry.name), m_offsets));
    entry.shape.shrink_to_fit();
    m_field = Field::None;
    return true;
  }

  std::string_view m_place;
  int m_depth = 0;
  bool m_inMetadata = false, m_hadMetadata = false;
  bool m_seenType = false, m_seenShape = false, m_seenOffsets = false;
  int m_offsets = 0;
  Field m_field = Field::None;
  std::string m_name;  // of a tensor whose entry has not begun
  bool m_pending = false;
  std::vector<uint64_t> m_metadataKeys;  // hashes: the texts themselves are not kept
};

// Bytes of a tensor, or nothing if the product overflows or the last byte is not full.
std::optional<uint64_t> bytesOfEntry(const SafetensorsEntry& entry) {
  uint64_t count = 1;
  for (int64_t size : entry.shape) {
    if (__builtin_mul_overflow(count, static_cast<uint64_t>(size), &count)) return std::nullopt;
  }
  uint64_t bits = 0;
  if (__builtin_mul_overflow(count, static_cast<uint64_t>(kTypes[entry.type].bits), &bits)) return std::nullopt;
  if (bits % 8 != 0) return std::nullopt;
  return bits / 8;
}

Status checkRanges(const std::deque<SafetensorsEntry>& entries, uint64_t dataBytes, std::string_view place) {
  std::vector<const SafetensorsEntry*> order;
  order.reserve(entries.size());
  for (const SafetensorsEntry& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::tie(a->begin, a->end, a->name) < std::tie(b->begin, b->end, b->name);
  });
  uint64_t next = 0;
  for (const SafetensorsEntry* entry : order) {
    if (entry->end < entry->begin || entry->end > dataBytes) {
      return fail(
          "{}: tensor {}: expected bytes inside the {} of the data, found {} to {}; the file may be cut "
          "short, get it again",
          place, quotedName(entry->name), dataBytes, entry->begin, entry->end);
    }
    if (entry->begin != next) {
      return fail("{}: tensor {}: expected to begin at byte {}, where the one before ends, found {}", place,
                  quotedName(entry->name), next, entry->begin);
    }
    const std::optional<uint64_t> bytes = bytesOfEntry(*entry);
    if (!bytes || *bytes != entry->end - entry->begin) {
      return fail("{}: tensor {}: {} of {} needs {} bytes, found {}", place, quotedName(entry->name), typeName(*entry),
                  shapeText(entry->shape), bytes ? std::to_string(*bytes) : "more than there can be",
                  entry->end - entry->begin);
    }
    next = entry->end;
  }
  if (next != dataBytes) {
    return fail("{}: expected {} bytes of data as the header says, found {}", place, next, dataBytes);
  }
  return {};
}

}  // namespace

std::string quotedName(std::string_view name) {
  std::string text = "\"";
  for (const char byte : name.substr(0, 120)) {
    text += static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f ? '?' : byte;
  }
  return text + (name.size() > 120 ? "...\"" : "\"");
}

std::string_view typeName(const SafetensorsEntry& entry) { return kTypes[entry.type].name; }

std::optional<DType> weightType(const SafetensorsEntry& entry) {
  for (DType type : {DType::F32, DType::F16, DType::BF16}) {
    if (typeName(entry) == nameOf(type)) return type;
  }
  return std::nullopt;
}

std::string shapeText(const std::vector<int64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size() && i < 8; ++i) text += fmt::format("{}{}", i ? ", " : "", shape[i]);
  return text + (shape.size() > 8 ? ", ...)" : ")");
}

Result<std::deque<SafetensorsEntry>> parseSafetensorsHeader(std::string_view header, uint64_t dataBytes,
                                                            std::string_view place) {
  if (header.empty() || header.front() != '{') return fail("{}: header: expected to begin with {{", place);
  TRY_STATUS(checkJsonTokens(header, place));
  HeaderReader reader(place);
  if (!nlohmann::json::sax_parse(header.begin(), header.end(), &reader)) {
    if (reader.problem.empty()) reader.problem = fmt::format("{}: header is not valid JSON", place);
    return tl::unexpected<Error>(Error{reader.problem});
  }
  std::deque<SafetensorsEntry>& entries = reader.entries;
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != entries.end()) return fail("{}: tensor {} occurs twice", place, quotedName(twice->name));
  TRY_STATUS(checkRanges(entries, dataBytes, place));
  return std::move(entries);
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  SafetensorsFile result;
  TRY_ASSIGN(result.m_file, MappedFile::open(path));
  const MappedFile& file = *result.m_file;
  if (file.size() < 8) {
    return fail(
        "{}: expected at least the 8 bytes of the header's length, found {}; the file may be cut short, get it "
        "again",
        file.name(), file.size());
  }
  std::array<std::byte, 8> field{};
  TRY_STATUS(file.read(0, field));
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | std::to_integer<uint64_t>(field[i]);
  if (length > kMaxHeaderBytes) {
    return fail("{}: expected a header of at most {} bytes, found {}; this is no safetensors file", file.name(),
                kMaxHeaderBytes, length);
  }
  if (length > file.size() - 8) {
    return fail("{}: expected a header of {} bytes, found {}; the file may be cut short, get it again", file.name(),
                length, file.size() - 8);
  }
  // The header is parsed from a copy: a mapping could change between two looks.
  std::string header(length, '\0');
  TRY_STATUS(file.read(8, std::as_writable_bytes(std::span(header))));
  result.m_headerBytes = 8 + length;
  TRY_ASSIGN(result.m_entries, parseSafetensorsHeader(header, file.size() - result.m_headerBytes, file.name()));
  return result;
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(m_entries.begin(), m_entries.end(), name,
                       [](const SafetensorsEntry& entry, std::string_view key) { return entry.name < key; });
  return found != m_entries.end() && found->name == name ? &*found : nullptr;
}

const std::byte* SafetensorsFile::data(const SafetensorsEntry& entry) const {
  return entry.begin == entry.end ? nullptr : m_file->data() + m_headerBytes + entry.begin;
}

}  // namespace core
