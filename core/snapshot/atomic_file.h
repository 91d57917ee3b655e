// A file that appears whole or not at all: written beside its place under another name, flushed to the disk, then
// renamed. A place that is no regular file (a pipe, a device) is written to directly.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

class AtomicFile {
 public:
  // Errors: the folder does not exist or may not be written to, the place is a folder.
  static Result<AtomicFile> create(const std::filesystem::path& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();  // without commit() nothing is left behind

  // Errors: disk full, quota, device gone.
  Status write(std::string_view bytes);
  Status commit();

  // The path bytes go to until commit(), for libraries that insist on writing themselves; reopen() afterwards.
  const std::filesystem::path& temporary() const { return m_temporary; }
  Status reopen();

 private:
  AtomicFile() = default;
  Status flush();

  std::filesystem::path m_path, m_temporary;
  std::string m_buffer;
  int m_file = -1;
  bool m_direct = false;
};

}  // namespace core
