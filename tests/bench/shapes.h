// The reference shapes of the benchmarks, random weights. Letters as in core/model/config.h.
#pragma once

#include <string>
#include <vector>

namespace bench {

struct Shape {
  std::string name;    // nano, small, qwen2moe, medium
  std::string family;  // olmoe or qwen2_moe
  int layers, width, heads, experts, chosen, expertHidden, sharedHidden, vocabulary, context;
};

inline const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"nano", "olmoe", 4, 256, 4, 8, 2, 256, 0, 4096, 4096},
      {"small", "olmoe", 8, 512, 8, 16, 2, 512, 0, 16384, 4096},
      {"qwen2moe", "qwen2_moe", 8, 512, 8, 16, 4, 256, 512, 16384, 4096},
      {"medium", "olmoe", 4, 2048, 16, 64, 8, 1024, 0, 50304, 4096},
  };
  return all;
}

}  // namespace bench
