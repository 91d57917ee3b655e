#include <cmath>
#include <utility>

#include "core/routing/policy.h"

namespace core {

Status checkPolicy(const Policy& policy, int E) {
  const PolicyInfo& info = policyInfo(policy.kind);
  if (!info.locked.empty()) return fail("{} cannot be computed from logits: {}", info.name, info.locked);
  if (E < 1) return fail("{}: this model has no router", info.name);
  if (policy.K < 1 || policy.K > E) return fail("{}: expected k from 1 to {}, found {}", info.name, E, policy.K);
  if (!(policy.temperature > 0) || !std::isfinite(policy.temperature)) {
    return fail("{}: expected a temperature above 0, found {}", info.name, policy.temperature);
  }
  if (!(policy.noise >= 0) || !std::isfinite(policy.noise)) {
    return fail("{}: expected a noise deviation from 0, found {}", info.name, policy.noise);
  }
  if (policy.kind == PolicyKind::SparseMixer && (policy.K != 2 || E < 2)) {
    return fail("sparsemixer: expected k 2 and at least 2 experts, found {} of {}", policy.K, E);
  }
  if (policy.kind == PolicyKind::BalancedAssignment && policy.K != 1) {
    return fail("balanced-assignment: expected k 1, found {}", policy.K);
  }
  for (const auto& [name, value] :
       {std::pair{"scale", policy.scale}, std::pair{"lambda", policy.lambda}, std::pair{"jitter", policy.jitter},
        std::pair{"factor", policy.factor.value_or(1)}}) {
    if (!std::isfinite(static_cast<float>(value)))
      return fail("{}: expected a {} that a float holds, found {}", info.name, name, value);
  }
  if (policy.factor.value_or(1) < 0) {
    return fail("{}: expected a factor of at least 0, found {}", info.name, *policy.factor);
  }
  if (policy.kind == PolicyKind::TopP && !(policy.threshold >= 0)) {
    return fail("top-p: expected a threshold from 0, found {}", policy.threshold);
  }
  if (policy.kind == PolicyKind::GroupedTopK) {
    const GroupLimits& g = policy.groups;
    if (g.groups < 1 || E % g.groups != 0 || g.groupsChosen < 1 || g.groupsChosen > g.groups) {
      return fail("grouped-topk: expected groups that divide {} experts and as many chosen at most, found {} of {}", E,
                  g.groupsChosen, g.groups);
    }
    if (policy.K > E / g.groups * g.groupsChosen) {
      return fail("grouped-topk: {} of {} groups hold {} experts, expected at least k {}", g.groupsChosen, g.groups,
                  E / g.groups * g.groupsChosen, policy.K);
    }
  }
  return {};
}

}  // namespace core
