// Reads the safetensors format: 8 bytes little-endian length N, N bytes of JSON
//   {"__metadata__": {"key": "text"}, "name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, ...}
// and then the data, in which every byte belongs to exactly one tensor. The checks are those of the format's own
// library: no holes, no overlaps, nothing behind the last tensor, each range as long as its shape and type say.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/model/mapped_file.h"

namespace core {

struct SafetensorsEntry {
  std::string name;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes, from the first byte of the data
  uint8_t type = 0;             // index into the format's types; see typeName and weightType
};

class SafetensorsFile {
 public:
  // Errors name the file and the tensor. Memory: about twice the header's length.
  static Result<SafetensorsFile> open(const std::filesystem::path& path);

  const std::deque<SafetensorsEntry>& entries() const { return m_entries; }  // sorted by name
  const SafetensorsEntry* find(std::string_view name) const;
  const std::byte* data(const SafetensorsEntry& entry) const;  // null only for a tensor without elements
  const std::shared_ptr<const MappedFile>& file() const { return m_file; }
  size_t headerBytes() const { return m_headerBytes; }  // with the length field: where the data begins

 private:
  std::shared_ptr<const MappedFile> m_file;
  std::deque<SafetensorsEntry> m_entries;
  size_t m_headerBytes = 0;
};

// The header alone, without a file: `dataBytes` is what follows it. Entries come back sorted by name.
Result<std::deque<SafetensorsEntry>> parseSafetensorsHeader(std::string_view header, uint64_t dataBytes,
                                                            std::string_view place);

std::string_view typeName(const SafetensorsEntry& entry);        // "F8_E4M3"
std::optional<DType> weightType(const SafetensorsEntry& entry);  // of those an engine computes with
std::string quotedName(std::string_view name);                   // for messages: short, no control characters
std::string shapeText(const std::vector<int64_t>& shape);        // "(2, 3)"

}  // namespace core
