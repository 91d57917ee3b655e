#include "core/routing/saturation.h"

#include <algorithm>

#include "core/base/check.h"

namespace core {

Saturation saturation(std::span<const int32_t> early, std::span<const int32_t> final, int K) {
  const size_t chosen = static_cast<size_t>(K);
  CHECK(K > 0 && early.size() == final.size() && early.size() % chosen == 0, "early {}, final {}, K {}", early.size(),
        final.size(), K);
  int64_t common = 0, first = 0, same = 0;
  for (size_t at = 0; at < early.size(); at += chosen) {
    const auto last = final.subspan(at, chosen);
    int64_t shared = 0;
    for (int32_t id : early.subspan(at, chosen)) shared += std::find(last.begin(), last.end(), id) != last.end();
    common += shared;
    first += early[at] == final[at];
    same += shared == K;
  }
  const size_t T = early.size() / chosen;
  const double tokens = static_cast<double>(T);
  return {static_cast<double>(common) / (tokens * K), static_cast<double>(first) / tokens,
          static_cast<double>(same) / tokens};
}

}  // namespace core
