// How many slots C every expert has. Each project computes it its own way, and the ways differ by more than a factor of
// two for the same T, E, K and capacity factor: K may or may not enter, the quotient is floored, rounded or ceiled, the
// result is made even, a multiple of four, at least four.
//
//   T = 100 tokens, E = 7, K = 3, factor 1.3:   mesh_tf 18   flaxformer 19   gshard 56   openmoe_torch 56   tutel 57
//
// The arithmetic is double and in the written order (float for DeepSpeed): 80 * 1.1 / 8 is 11.000000000000002 and its
// ceiling 12, while 80 / 8 * 1.1 is 11.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.h"

namespace core {

enum class CapacityRule {
  Gshard,        // ceil(k T / E cf)
  Switch,        // floor(T / E cf), k = 1 only
  MeshTf,        // max(min(T, int(T cf / E)), minimum); k does not enter
  Megatron,      // ceil((T k / E) cf)
  Deepspeed,     // ceil(float(T / E) float(cf k)), the product in float
  Tutel,         // k int(cf ceil(T / E))
  Vmoe,          // ceil(T k cf / E), up to a multiple of 4
  Flaxformer,    // max(round(cf T / E), minimum), half to even; k does not enter (OpenMoE's JAX training code)
  OpenmoeTorch,  // max(floor(k cf T / E) made even by + 1, minimum); the minimum itself is not made even
  ExpertChoice,  // round(cf T / E), half to even; cf is the mean number of experts a token gets
};
inline constexpr std::array<CapacityRule, 10> kCapacityRules = {
    CapacityRule::Gshard,       CapacityRule::Switch,      CapacityRule::MeshTf, CapacityRule::Megatron,
    CapacityRule::Deepspeed,    CapacityRule::Tutel,       CapacityRule::Vmoe,   CapacityRule::Flaxformer,
    CapacityRule::OpenmoeTorch, CapacityRule::ExpertChoice};

std::string_view capacityRuleName(CapacityRule rule);  // gshard, switch, mesh_tf, ...
std::optional<CapacityRule> capacityRuleFromName(std::string_view name);

struct CapacityInput {
  int64_t T = 0;        // tokens routed together
  int64_t E = 1;        // experts
  int64_t K = 1;        // choices a token
  double factor = 1;    // capacity factor cf
  int64_t minimum = 4;  // read by MeshTf, Flaxformer and OpenmoeTorch alone
};

// C, slots per expert. Errors: T or K negative or E not positive, a size past 2^40, a factor that is negative or not
// finite, Switch with K other than 1, a result past 2^53.
Result<int64_t> capacity(CapacityRule rule, const CapacityInput& input);

// OpenMoE's JAX code cuts the batch into groups that queue separately: the smallest number of groups that is at least
// max(tokens / maxGroupSize, experts), a multiple of experts, and divides tokens. Error: none exists (tokens is no
// multiple of experts; that code pads the tokens first).
Result<int64_t> flaxformerGroups(int64_t tokens, int64_t maxGroupSize, int64_t experts);

}  // namespace core
