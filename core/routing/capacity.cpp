#include "core/routing/capacity.h"

#include <algorithm>
#include <cmath>

namespace core {
namespace {

constexpr std::array<std::string_view, 10> kNames = {"gshard",        "switch",       "mesh_tf", "megatron",
                                                     "deepspeed",     "tutel",        "vmoe",    "flaxformer",
                                                     "openmoe_torch", "expert_choice"};
constexpr int64_t kLargestSize = int64_t{1} << 40;
constexpr double kLargestCapacity = 0x1p53;

// Half to even whatever rounding mode the process is in.
double roundHalfEven(double value) {
  const double down = std::floor(value), rest = value - down;
  if (rest < 0.5) return down;
  if (rest > 0.5) return down + 1;
  return std::fmod(down, 2) == 0 ? down : down + 1;
}

}  // namespace

std::string_view capacityRuleName(CapacityRule rule) { return kNames[static_cast<size_t>(rule)]; }

std::optional<CapacityRule> capacityRuleFromName(std::string_view name) {
  for (CapacityRule rule : kCapacityRules) {
    if (capacityRuleName(rule) == name) return rule;
  }
  return std::nullopt;
}

Result<int64_t> capacity(CapacityRule rule, const CapacityInput& in) {
  const auto inRange = [](int64_t size, int64_t least) { return size >= least && size <= kLargestSize; };
  if (!inRange(in.T, 0) || !inRange(in.E, 1) || !inRange(in.K, 0) || !inRange(in.minimum, 0)) {
    return fail(
        "capacity: expected T, k and minimum from 0 and E from 1, at most 2^40, found T {}, E {}, k {}, minimum {}",
        in.T, in.E, in.K, in.minimum);
  }
  if (!std::isfinite(in.factor) || in.factor < 0) {
    return fail("capacity factor: expected a finite number from 0, found {}", in.factor);
  }
  if (rule == CapacityRule::Switch && in.K != 1) {
    return fail("capacity rule switch: expected k 1, found {}; choose gshard for more choices a token", in.K);
  }
  const double T = static_cast<double>(in.T), E = static_cast<double>(in.E), K = static_cast<double>(in.K),
               cf = in.factor;
  const double minimum = static_cast<double>(in.minimum);
  double slots = 0;
  switch (rule) {
    case CapacityRule::Gshard:
      slots = std::ceil(K * T / E * cf);
      break;
    case CapacityRule::Switch:
      slots = std::floor(T / E * cf);
      break;
    case CapacityRule::MeshTf:
      slots = std::max(std::min(T, std::trunc(T * cf / E)), minimum);
      break;
    case CapacityRule::Megatron:
      slots = std::ceil(T * K / E * cf);
      break;
    case CapacityRule::Deepspeed:
      slots = std::ceil(static_cast<float>(T / E) * static_cast<float>(cf * K));
      break;
    case CapacityRule::Tutel:
      slots = K * std::trunc(cf * std::ceil(T / E));
      break;
    case CapacityRule::Vmoe:
      slots = std::ceil(std::ceil(T * K * cf / E) / 4) * 4;
      break;
    case CapacityRule::Flaxformer:
      slots = std::max(roundHalfEven(cf * T / E), minimum);
      break;
    case CapacityRule::OpenmoeTorch: {
      const double floored = std::floor(K * cf * T / E);
      slots = std::max(floored + std::fmod(floored, 2), minimum);
      break;
    }
    case CapacityRule::ExpertChoice:
      slots = roundHalfEven(cf * T / E);
      break;
  }
  if (!(slots <= kLargestCapacity)) return fail("capacity factor: expected a capacity below 2^53, found {}", slots);
  return static_cast<int64_t>(slots);
}

Result<int64_t> flaxformerGroups(int64_t tokens, int64_t maxGroupSize, int64_t experts) {
  if (tokens < 1 || maxGroupSize < 1 || experts < 1 || tokens > kLargestSize) {
    return fail("groups: expected tokens, group size and experts from 1, found {}, {}, {}", tokens, maxGroupSize,
                experts);
  }
  if (tokens % experts != 0) {
    return fail("groups: expected tokens to be a multiple of {} experts, found {}; pad them first", experts, tokens);
  }
  // Groups are experts * m with m a divisor of tokens / experts: the smallest m that is large enough.
  const int64_t blocks = tokens / experts;
  const auto enough = [&](int64_t m) { return (tokens + experts * m - 1) / (experts * m) <= maxGroupSize; };
  int64_t best = blocks;
  for (int64_t m = 1; m <= blocks / m; ++m) {
    if (blocks % m != 0) continue;
    if (enough(m)) best = std::min(best, m);
    if (enough(blocks / m)) best = std::min(best, blocks / m);
  }
  return best * experts;
}

}  // namespace core
