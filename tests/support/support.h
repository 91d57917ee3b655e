// What tests share: where fixtures and assets are, golden tensors, scratch folders.
#pragma once

#include <filesystem>
#include <string>

namespace test {

// tests/fixtures/<name> and assets/<name> of the source tree.
std::filesystem::path fixture(const std::string& name);
std::filesystem::path asset(const std::string& name);

std::string readFile(const std::filesystem::path& path);

// A folder of its own for one test, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return m_path; }

 private:
  std::filesystem::path m_path;
};

}  // namespace test
