#include "core/routing/hash_router.h"

#include <algorithm>

#include "core/base/check.h"

namespace core {

std::optional<HashRule> hashRuleFromName(std::string_view name) {
  if (name == "mod") return HashRule::Mod;
  if (name == "splitmix") return HashRule::SplitMix;
  return std::nullopt;
}

uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

void hashRoute(std::span<const uint64_t> tokenIds, HashRule rule, uint64_t seed, int E, int K, std::span<int32_t> ids) {
  CHECK(E > 0 && K > 0 && K <= E && ids.size() == tokenIds.size() * static_cast<size_t>(K),
        "E {}, K {}, tokens {}, ids {}", E, K, tokenIds.size(), ids.size());
  const uint64_t experts = static_cast<uint64_t>(E);
  for (size_t t = 0; t < tokenIds.size(); ++t) {
    const auto row = ids.subspan(t * static_cast<size_t>(K), static_cast<size_t>(K));
    uint64_t n = 0;
    for (size_t j = 0; j < row.size(); ++n) {
      // id mod E first: id + j must not wrap.
      const uint64_t e = rule == HashRule::Mod ? (tokenIds[t] % experts + n) % experts
                                               : splitmix64(tokenIds[t] * 0x100000001B3 + seed + n) % experts;
      const auto chosen = row.first(j);
      if (std::find(chosen.begin(), chosen.end(), static_cast<int32_t>(e)) == chosen.end())
        row[j++] = static_cast<int32_t>(e);
    }
  }
}

}  // namespace core
