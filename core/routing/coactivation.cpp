#include "core/routing/coactivation.h"

#include "core/base/check.h"

namespace core {

Coactivation coactivation(std::span<const int32_t> ids, int E, int K, PairScope scope) {
  const size_t experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K);
  CHECK(E > 0 && K > 0 && ids.size() % chosen == 0, "ids {}, E {}, K {}", ids.size(), E, K);
  for (int32_t id : ids) CHECK(id >= -1 && id < E, "expert {} of {}", id, E);
  Coactivation out;
  out.pairs.assign(experts * experts, 0);
  out.count.assign(experts, 0);
  for (size_t at = 0; at < ids.size(); at += chosen) {
    for (size_t a = 0; a < chosen; ++a) {
      if (ids[at + a] < 0) continue;
      const size_t i = static_cast<size_t>(ids[at + a]);
      ++out.count[i];
      for (size_t b = a + 1; b < (scope == PairScope::All ? chosen : a + 2) && b < chosen; ++b) {
        if (ids[at + b] < 0) continue;
        const size_t j = static_cast<size_t>(ids[at + b]);
        ++out.pairs[i * experts + j];
        ++out.pairs[j * experts + i];
      }
    }
  }
  for (size_t i = 0; i < out.pairs.size(); ++i) {
    out.rate.push_back(static_cast<double>(out.pairs[i]) / static_cast<double>(out.count[i / experts]));
  }
  return out;
}

double coactivationByChance(std::span<const int32_t> ids, int E, int K) {
  const size_t chosen = static_cast<size_t>(K);
  CHECK(E > 0 && K > 0 && ids.size() % chosen == 0, "ids {}, E {}, K {}", ids.size(), E, K);
  int64_t pairs = 0, choices = 0;
  for (size_t at = 0; at < ids.size(); at += chosen) {
    int64_t n = 0;
    for (size_t a = 0; a < chosen; ++a) n += ids[at + a] >= 0;
    choices += n;
    pairs += n * (n - 1);
  }
  return static_cast<double>(pairs) / (static_cast<double>(E - 1) * static_cast<double>(choices));
}

}  // namespace core
