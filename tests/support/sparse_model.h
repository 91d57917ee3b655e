// Models much larger than memory that take hardly any room on the disk: files whose experts are holes, save for the two
// that every token of a layer chooses. Each feature of the stream holds the same number, attention adds nothing, and
// what the stream becomes can be said in closed form.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "core/base/dtype.h"

namespace test {

struct SparseModel {
  core::DType type = core::DType::F32;  // of the experts: F32 in a folder, Q8_0 in one GGUF file
  int layers = 4, experts = 1024, width = 256, hidden = 5120;

  // Of 64 GB and a little.
  static SparseModel folder() { return {}; }
  static SparseModel gguf() { return {core::DType::Q8_0, 4, 2048, 256, 9600}; }

  std::array<int32_t, 2> chosen(int layer) const;  // best first
  double stream(int token, int layer) const;       // every feature behind the layer
  uint64_t expertBytes() const;                    // of one

  // Into a folder of its own, or as one file. Returns the size that the file claims. Throws if the disk does not let
  // it.
  uint64_t write(const std::filesystem::path& path) const;
};

}  // namespace test
