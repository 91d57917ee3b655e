#include "app/cli/input.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace app {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

}  // namespace

core::Result<std::string> readInput(const std::string& file, size_t limit) {
  const bool standard = file == "-";
  const std::string name = standard ? "standard input" : file;
  std::error_code ignored;
  if (!standard && std::filesystem::is_directory(file, ignored)) return core::fail("{}: is a folder, not a file", name);
  std::unique_ptr<std::FILE, CloseFile> stream(standard ? stdin : std::fopen(file.c_str(), "rb"));
  if (!stream) return core::fail("{}: cannot open: {}", name, std::strerror(errno));
  std::string text;
  std::array<char, 1 << 16> piece;
  while (const size_t count = std::fread(piece.data(), 1, piece.size(), stream.get())) {
    if (text.size() + count > limit) {
      return core::fail("{}: larger than {} MiB; hand in less at a time", name, limit >> 20);
    }
    text.append(piece.data(), count);
  }
  if (std::ferror(stream.get())) return core::fail("{}: cannot read: {}", name, std::strerror(errno));
  return text;
}

core::Result<std::optional<std::string>> LineReader::next() {
  std::string line;
  int c = EOF;
  while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {  // one thread reads it
    if (line.size() >= m_limit) {
      return core::fail("standard input, line {}: longer than {} MiB", m_number + 1, m_limit >> 20);
    }
    line += static_cast<char>(c);
  }
  if (std::ferror(stdin)) return core::fail("standard input: cannot read: {}", std::strerror(errno));
  if (c == EOF && line.empty()) return std::nullopt;
  ++m_number;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

}  // namespace app
