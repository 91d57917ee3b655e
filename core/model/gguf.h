// Reads GGUF, the format of llama.cpp. Versions 2 and 3, little-endian:
//   "GGUF", uint32 version, uint64 tensors, uint64 entries,
//   each entry: key, uint32 type, value;
//   each tensor: name, uint32 dimensions n, n uint64 sizes (the fastest first), uint32 type, uint64 offset;
//   padding to `general.alignment` (32 where no entry says so), then the data that the offsets count from.
// Source: ggml's docs/gguf.md. Where readers in the wild are laxer (a boolean of 7, a name that is not UTF-8), the text
// of the format decides. Data may lie in any order and with gaps, but not overlap.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/model/gguf_value.h"
#include "core/model/mapped_file.h"

namespace core {

constexpr size_t kGgufDimensions = 4;

struct GgufEntry {
  std::string_view key;
  GgufValue value;
};

struct GgufTensor {
  std::string_view name;
  const GgmlType* type = nullptr;
  uint64_t offset = 0;  // bytes, from the first byte of the data
  uint64_t bytes = 0;
  std::array<int64_t, kGgufDimensions> sizes{};  // row-major: the file's list reversed
  uint8_t dimensions = 0;

  std::span<const int64_t> shape() const { return {sizes.data(), dimensions}; }
};

// What a header says. The views point into the bytes it was read from.
struct GgufHeader {
  uint32_t version = 0;
  uint64_t alignment = 32;
  std::vector<GgufEntry> entries;     // in the order of the file
  std::vector<GgufTensor> tensors;    // in the order of the file
  std::vector<uint32_t> entryOrder;   // indices, sorted by key
  std::vector<uint32_t> tensorOrder;  // indices, sorted by name
  size_t headerBytes = 0;             // before the padding
  uint64_t dataBegin = 0;

  const GgufValue* find(std::string_view key) const;
  const GgufTensor* findTensor(std::string_view name) const;
};

// `file`: all of its bytes, or at least the header's, of `fileBytes`. Errors name place, entry or tensor, what was
// expected and what was found. Memory: 130 bytes a tensor and 80 an entry at most, of which there can be a million.
Result<GgufHeader> parseGguf(std::string_view file, uint64_t fileBytes, std::string_view place);

class GgufFile {
 public:
  static Result<GgufFile> open(const std::filesystem::path& path);

  const GgufHeader& header() const { return *m_header; }
  const std::byte* data(const GgufTensor& tensor) const;  // null only for a tensor without elements
  const std::shared_ptr<const MappedFile>& file() const { return m_file; }

 private:
  std::shared_ptr<const MappedFile> m_file;
  std::unique_ptr<std::string> m_bytes;  // the header, so that a file that changes cannot change what was checked
  std::unique_ptr<GgufHeader> m_header;
};

}  // namespace core
