#include "core/model/gguf.h"

#include <algorithm>
#include <numeric>

#include "core/model/safetensors.h"
#include "core/text/unicode.h"

namespace core {
namespace {

constexpr uint64_t kMaxTensors = uint64_t{1} << 20;
constexpr uint64_t kMaxEntries = uint64_t{1} << 18;
constexpr size_t kMaxKeyBytes = 65535;
constexpr size_t kMaxNameBytes = 64;
constexpr uint64_t kMinAlignment = 8;
constexpr size_t kLeastEntryBytes = 8 + 1 + 4 + 1;   // a key of one character, the type, a value of one byte
constexpr size_t kLeastTensorBytes = 8 + 4 + 4 + 8;  // an empty name, no dimensions, type, offset
constexpr std::string_view kAlignmentKey = "general.alignment";

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

template <class Row, class Name>
Status sortedOnce(const std::vector<Row>& rows, std::vector<uint32_t>& order, Name name, std::string_view what,
                  std::string_view place) {
  order.resize(rows.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return name(rows[a]) < name(rows[b]); });
  const auto twice = std::adjacent_find(order.begin(), order.end(),
                                        [&](uint32_t a, uint32_t b) { return name(rows[a]) == name(rows[b]); });
  if (twice == order.end()) return {};
  return fail("{}: {} {} occurs twice", place, what, quotedName(name(rows[*twice])));
}

class Parser {
 public:
  Parser(std::string_view file, uint64_t fileBytes, std::string_view place)
      : m_cursor(file), m_fileBytes(fileBytes), m_place(place) {}

  Result<GgufHeader> run() {
    TRY_STATUS(readStart());
    for (uint64_t i = 0; i < m_entries; ++i) TRY_STATUS(readEntry(i));
    TRY_STATUS(sortedOnce(
        m_header.entries, m_header.entryOrder, [](const GgufEntry& row) { return row.key; }, "entry", m_place));
    TRY_STATUS(readAlignment());
    m_header.tensors.reserve(static_cast<size_t>(m_tensors));
    for (uint64_t i = 0; i < m_tensors; ++i) TRY_STATUS(readTensor(i));
    TRY_STATUS(sortedOnce(
        m_header.tensors, m_header.tensorOrder, [](const GgufTensor& row) { return row.name; }, "tensor", m_place));
    m_header.headerBytes = m_cursor.position();
    m_header.dataBegin = (m_header.headerBytes + m_header.alignment - 1) / m_header.alignment * m_header.alignment;
    TRY_STATUS(checkRanges());
    return std::move(m_header);
  }

 private:
  tl::unexpected<Error> cut(std::string_view what) const {
    return fail("{}: {} at byte {}: {}", m_place, what, m_cursor.position(), m_cursor.problem());
  }

  Status readStart() {
    const std::optional<uint32_t> magic = m_cursor.number<uint32_t>();
    if (!magic) return cut("start");
    if (*magic != 0x46554747) return fail("{}: expected a file that begins with \"GGUF\", found other bytes", m_place);
    const std::optional<uint32_t> version = m_cursor.number<uint32_t>();
    if (!version) return cut("version");
    m_header.version = *version;
    if (*version != 2 && *version != 3) {
      const bool bigEndian = __builtin_bswap32(*version) < 16 && *version != 0;
      return fail("{}: expected GGUF version 2 or 3, found {}{}", m_place, *version,
                  bigEndian       ? "; the file is big-endian, only little-endian ones are read"
                  : *version == 1 ? "; convert it with a newer llama.cpp"
                                  : "");
    }
    const std::optional<uint64_t> tensors = m_cursor.number<uint64_t>();
    const std::optional<uint64_t> entries = tensors ? m_cursor.number<uint64_t>() : std::nullopt;
    if (!entries) return cut("counts");
    TRY_STATUS(checkCount("tensors", *tensors, kMaxTensors, kLeastTensorBytes));
    TRY_STATUS(checkCount("metadata entries", *entries, kMaxEntries, kLeastEntryBytes));
    m_tensors = *tensors;
    m_entries = *entries;
    return {};
  }

  Status checkCount(std::string_view what, uint64_t count, uint64_t most, size_t leastBytes) const {
    if (count <= most && count <= m_cursor.left() / leastBytes) return {};
    return fail("{}: expected at most {} {} in a file of {} bytes, found {}; the file may be cut short", m_place,
                std::min<uint64_t>(most, m_cursor.left() / leastBytes), what, m_fileBytes, count);
  }

  Status readEntry(uint64_t index) {
    const std::optional<std::string_view> key = m_cursor.text();
    if (!key) return cut(fmt::format("metadata entry {}: key", index));
    if (key->empty() || key->size() > kMaxKeyBytes || !isAscii(*key)) {
      return fail("{}: metadata entry {}: expected a key of 1 to {} ASCII characters, found {} bytes{}", m_place, index,
                  kMaxKeyBytes, key->size(), isAscii(*key) ? "" : " that are not ASCII");
    }
    const std::optional<uint32_t> type = m_cursor.number<uint32_t>();
    if (!type) return cut(quotedName(*key));
    if (*type >= kGgufTypeNames.size()) {
      return fail("{}: {}: expected a value type from 0 to {}, found {}", m_place, quotedName(*key),
                  kGgufTypeNames.size() - 1, *type);
    }
    const std::optional<GgufValue> value = m_cursor.value(static_cast<GgufType>(*type), kGgufArrayDepth);
    if (!value) return cut(quotedName(*key));
    m_header.entries.push_back({*key, *value});
    return {};
  }

  Status readAlignment() {
    const GgufValue* value = m_header.find(kAlignmentKey);
    if (!value) return {};
    const std::optional<uint64_t> alignment =
        value->type() == GgufType::UInt32 ? value->unsignedInteger() : std::nullopt;
    if (!alignment || *alignment < kMinAlignment || (*alignment & (*alignment - 1)) != 0) {
      return fail("{}: {}: expected a uint32 that is a power of two from {}, found {}", m_place, kAlignmentKey,
                  kMinAlignment, value->describe());
    }
    m_header.alignment = *alignment;
    return {};
  }

  Status readTensor(uint64_t index) {
    const std::optional<std::string_view> name = m_cursor.text();
    if (!name) return cut(fmt::format("tensor {}: name", index));
    if (name->size() > kMaxNameBytes || !isValidUtf8(*name)) {
      return fail("{}: tensor {}: expected a name of at most {} bytes in UTF-8, found {} bytes{}", m_place, index,
                  kMaxNameBytes, name->size(), isValidUtf8(*name) ? "" : " that are not UTF-8");
    }
    GgufTensor tensor;
    tensor.name = *name;
    const std::string shown = quotedName(*name);
    const std::optional<uint32_t> dimensions = m_cursor.number<uint32_t>();
    if (!dimensions) return cut("tensor " + shown);
    if (*dimensions > kGgufDimensions) {
      return fail("{}: tensor {}: expected at most {} dimensions, found {}", m_place, shown, kGgufDimensions,
                  *dimensions);
    }
    tensor.dimensions = static_cast<uint8_t>(*dimensions);
    for (uint32_t i = 0; i < *dimensions; ++i) {
      const std::optional<uint64_t> size = m_cursor.number<uint64_t>();
      if (!size) return cut("tensor " + shown);
      if (*size > static_cast<uint64_t>(INT64_MAX)) {
        return fail("{}: tensor {}: expected sizes of at most 2^63 - 1, found {}", m_place, shown, *size);
      }
      tensor.sizes[*dimensions - 1 - i] = static_cast<int64_t>(*size);
    }
    const std::optional<uint32_t> type = m_cursor.number<uint32_t>();
    const std::optional<uint64_t> offset = type ? m_cursor.number<uint64_t>() : std::nullopt;
    if (!offset) return cut("tensor " + shown);
    tensor.type = ggmlType(*type);
    tensor.offset = *offset;
    if (!tensor.type) {
      return fail("{}: tensor {}: expected the number of a tensor type, such as 0 for F32 or 8 for Q8_0, found {}",
                  m_place, shown, *type);
    }
    TRY_STATUS(measure(tensor, shown));
    m_header.tensors.push_back(tensor);
    return {};
  }

  Status measure(GgufTensor& tensor, const std::string& shown) const {
    const std::span<const int64_t> shape = tensor.shape();
    const auto block = static_cast<uint64_t>(tensor.type->blockElements);
    const uint64_t row = shape.empty() ? 1 : static_cast<uint64_t>(shape.back());
    if (row % block != 0) {
      return fail("{}: tensor {}: {} needs rows of whole blocks of {} elements, found rows of {}", m_place, shown,
                  tensor.type->name, block, row);
    }
    uint64_t bytes = row / block;
    bool fits = !__builtin_mul_overflow(bytes, static_cast<uint64_t>(tensor.type->blockBytes), &bytes);
    for (size_t i = 0; fits && i + 1 < shape.size(); ++i) {
      fits = !__builtin_mul_overflow(bytes, static_cast<uint64_t>(shape[i]), &bytes);
    }
    if (!fits || bytes > static_cast<uint64_t>(INT64_MAX)) {
      return fail("{}: tensor {}: {} of {} has more bytes than there can be", m_place, shown, tensor.type->name,
                  shapeText({shape.begin(), shape.end()}));
    }
    tensor.bytes = bytes;
    if (tensor.offset % m_header.alignment != 0) {
      return fail("{}: tensor {}: expected an offset that is a multiple of the alignment, {}, found {}", m_place, shown,
                  m_header.alignment, tensor.offset);
    }
    return {};
  }

  Status checkRanges() const {
    const uint64_t dataBytes = m_header.dataBegin < m_fileBytes ? m_fileBytes - m_header.dataBegin : 0;
    const std::vector<GgufTensor>& tensors = m_header.tensors;
    std::vector<uint32_t> order(tensors.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return std::tie(tensors[a].offset, tensors[a].bytes) < std::tie(tensors[b].offset, tensors[b].bytes);
    });
    const GgufTensor* before = nullptr;
    for (const uint32_t i : order) {
      const GgufTensor& tensor = tensors[i];
      if (tensor.offset > dataBytes || tensor.bytes > dataBytes - tensor.offset) {
        return fail(
            "{}: tensor {}: expected {} bytes inside the {} of the data, found them to begin at {}; the file "
            "may be cut short, get it again",
            m_place, quotedName(tensor.name), tensor.bytes, dataBytes, tensor.offset);
      }
      if (before && before->bytes > 0 && before->offset + before->bytes > tensor.offset) {
        return fail("{}: tensor {}: expected to begin at byte {} or later, where {} ends, found {}", m_place,
                    quotedName(tensor.name), before->offset + before->bytes, quotedName(before->name), tensor.offset);
      }
      before = &tensor;
    }
    return {};
  }

  GgufCursor m_cursor;
  uint64_t m_fileBytes;
  std::string_view m_place;
  uint64_t m_tensors = 0, m_entries = 0;
  GgufHeader m_header;
};

}  // namespace

const GgufValue* GgufHeader::find(std::string_view key) const {
  const auto found = std::lower_bound(entryOrder.begin(), entryOrder.end(), key,
                                      [&](uint32_t row, std::string_view wanted) { return entries[row].key < wanted; });
  return found != entryOrder.end() && entries[*found].key == key ? &entries[*found].value : nullptr;
}

const GgufTensor* GgufHeader::findTensor(std::string_view name) const {
  const auto found =
      std::lower_bound(tensorOrder.begin(), tensorOrder.end(), name,
                       [&](uint32_t row, std::string_view wanted) { return tensors[row].name < wanted; });
  return found != tensorOrder.end() && tensors[*found].name == name ? &tensors[*found] : nullptr;
}

Result<GgufHeader> parseGguf(std::string_view file, uint64_t fileBytes, std::string_view place) {
  return Parser(file, fileBytes, place).run();
}

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
  GgufFile result;
  TRY_ASSIGN(result.m_file, MappedFile::open(path));
  const MappedFile& file = *result.m_file;
  const std::string_view mapped(reinterpret_cast<const char*>(file.data()), file.size());
  size_t headerBytes = 0;
  {
    TRY_ASSIGN(const GgufHeader header, parseGguf(mapped, file.size(), file.name()));
    headerBytes = header.headerBytes;
  }
  result.m_bytes = std::make_unique<std::string>(headerBytes, '\0');
  TRY_STATUS(file.read(0, std::as_writable_bytes(std::span(*result.m_bytes))));
  file.release(0, headerBytes);
  TRY_ASSIGN(GgufHeader header, parseGguf(*result.m_bytes, file.size(), file.name()));
  result.m_header = std::make_unique<GgufHeader>(std::move(header));
  TRY_STATUS(file.check());
  return result;
}

const std::byte* GgufFile::data(const GgufTensor& tensor) const {
  return tensor.bytes == 0 ? nullptr : m_file->data() + m_header->dataBegin + tensor.offset;
}

}  // namespace core
