// Reading what a user hands in: files and standard input, with limits on size.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace app {

constexpr size_t kMaxPromptBytes = size_t{16} << 20;
constexpr size_t kMaxDocumentBytes = size_t{64} << 20;

// The whole of a file, `-` is standard input. Errors: cannot be read, larger than `limit`.
core::Result<std::string> readInput(const std::string& file, size_t limit);

// Standard input line by line, without the line ends.
class LineReader {
 public:
  explicit LineReader(size_t limit) : m_limit(limit) {}
  // Nothing at the end. Errors: a line longer than the limit, a read that fails.
  core::Result<std::optional<std::string>> next();
  int number() const { return m_number; }  // of the line last read, from 1

 private:
  size_t m_limit;
  int m_number = 0;
};

}  // namespace app
