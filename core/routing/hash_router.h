// Hash routing (Roller et al. 2021): the expert is a fixed hash of the token id. Nothing is learned and context plays
// no part, which makes it the upper line for how far a router can specialise by token id. Weights 1 / k. Two hashes:
//
//   Mod       e_j = (id + j) mod E
//   SplitMix  n = 0, 1, ...: e = splitmix64(id * 0x100000001B3 + seed + n) mod E, skipped if already chosen, until k
//   experts
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace core {

enum class HashRule { Mod, SplitMix };
std::optional<HashRule> hashRuleFromName(std::string_view name);  // mod, splitmix

uint64_t splitmix64(uint64_t x);  // splitmix64(0) = 16294208416658607535

// K <= E.
void hashRoute(std::span<const uint64_t> tokenIds /* (T) */, HashRule rule, uint64_t seed, int E, int K,
               std::span<int32_t> ids /* (T, K) */);

}  // namespace core
