// A file mapped for reading, and kept honest while it is mapped.
//
// A mapping is a promise the file system may break: another program can cut the file short or write into it, and a read
// of a page that is gone raises SIGBUS, which ends the process. Here it does not. The first mapping installs one
// process-wide SIGBUS handler. It looks the address up in a fixed table of atomics; if it lies in one of our mappings,
// the rest of that mapping is replaced by zero pages and the mapping is marked as broken, so that the reader goes on
// with zeros until it asks check(). Any other SIGBUS goes to whoever handled it before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/base/result.h"

namespace core {

class MappedFile {
 public:
  // Errors: no such file, not a regular file, no permission, too many mappings. Never blocks on a pipe.
  static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::byte* data() const { return m_data; }    // null for an empty file
  size_t size() const { return m_size; }              // bytes, when it was opened
  const std::string& name() const { return m_name; }  // the file's own name, for messages

  // Error: the file has another size or time of change than when it was opened, or a page of it was gone when read.
  Status check() const;

  // Copies bytes out of the file without touching the mapping. Error: the file ends earlier, or cannot be read.
  Status read(size_t offset, std::span<std::byte> into) const;

  // Tells the system that these bytes will hardly be read again; whole pages inside the range leave memory.
  void release(size_t offset, size_t bytes) const;

 private:
  MappedFile() = default;

  int m_descriptor = -1;
  const std::byte* m_data = nullptr;
  size_t m_size = 0;
  int64_t m_seconds = 0, m_nanoseconds = 0;  // of the last change of the content
  int m_slot = -1;
  std::string m_name;
};

// The whole of a small text file. Errors: as above, or longer than `limit` bytes.
Result<std::string> readTextFile(const std::filesystem::path& path, size_t limit);

}  // namespace core
