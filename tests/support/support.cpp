#include "tests/support/support.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace test {

namespace fs = std::filesystem;

fs::path fixture(const std::string& name) { return fs::path(EXPERTSCOPE_SOURCE_DIR) / "tests" / "fixtures" / name; }
fs::path asset(const std::string& name) { return fs::path(EXPERTSCOPE_SOURCE_DIR) / "assets" / name; }

std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (fs::temp_directory_path() / "expertscope-test-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
  m_path = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(m_path, ignored);
}

}  // namespace test
