#include "core/engine/intervention.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/engine/router_policy.h"

namespace core {
namespace {

using Kind = InterventionKind;

// The closed forms: each expert has a weight whoever else is chosen, so that experts can be forced, and both devices
// run them.
bool hasWeightsForAny(PolicyKind kind) {
  return kind == PolicyKind::TokenChoice || kind == PolicyKind::GroupedTopK || kind == PolicyKind::SigmoidTopK ||
         kind == PolicyKind::SparseMixer || kind == PolicyKind::NormedLogits;
}

}  // namespace

bool Interventions::actsOn(int layer, int position, int32_t id) const { return !acting(layer, position, id).empty(); }

std::vector<const Intervention*> Interventions::acting(int layer, int position, int32_t id) const {
  std::vector<const Intervention*> found;
  for (const Intervention& i : m_list) {
    if (i.kind == Kind::Capacity || layer < i.firstLayer || layer > i.lastLayer || position < i.fromToken ||
        position > i.toToken)
      continue;
    if (!i.tokenId || *i.tokenId == id) found.push_back(&i);
  }
  return found;
}

int Interventions::firstChanged(const std::vector<int32_t>& ids) const {
  if (m_capacity) return 0;
  for (size_t t = 0; t < ids.size(); ++t) {
    for (const Intervention& i : m_list) {
      const int position = static_cast<int>(t);
      if (position >= i.fromToken && position <= i.toToken && (!i.tokenId || *i.tokenId == ids[t])) return position;
    }
  }
  return static_cast<int>(ids.size());
}

CapacityRule Interventions::capacityRule(const RouterConfig& router) const {
  const auto asked = m_capacity ? m_list[*m_capacity].rule : std::nullopt;
  return asked.value_or(router.dropsChoices ? router.capacityRule : CapacityRule::Gshard);
}

double Interventions::capacityFactor(const RouterConfig& router) const {
  const auto asked = m_capacity ? m_list[*m_capacity].capacityFactor : std::nullopt;
  return asked.value_or(router.dropsChoices ? router.capacityFactor : 1.0);
}

Result<std::optional<int64_t>> Interventions::slotsAnExpert(const RouterConfig& router, int T,
                                                            std::optional<CapacityRule> rule,
                                                            std::optional<double> factor) const {
  if (!m_capacity) return slotsFor(router, T, rule, factor);
  if (T <= 1) return std::optional<int64_t>{};
  TRY_ASSIGN(const int64_t slots,
             capacity(capacityRule(router), {T, router.experts, m_wholeK, capacityFactor(router), router.minCapacity}));
  return std::optional<int64_t>(slots);
}

std::vector<float> Interventions::sharedFactors(int layer, int first, std::span<const int32_t> ids) const {
  std::vector<float> factors;
  for (size_t t = 0; t < ids.size(); ++t) {
    for (const Intervention* i : acting(layer, first + static_cast<int>(t), ids[t])) {
      if (i->kind != Kind::SharedScale) continue;
      if (factors.empty()) factors.assign(ids.size(), 1.0F);
      factors[t] *= static_cast<float>(i->factor);
    }
  }
  return factors;
}

namespace {

// What the groups with the fewest experts left hold, of as many as a token may use.
int leastInGroups(const GroupLimits& groups, const std::vector<int32_t>& banned, int E) {
  std::vector<int> left(static_cast<size_t>(groups.groups), E / groups.groups);
  for (const int32_t expert : banned) --left[static_cast<size_t>(expert / (E / groups.groups))];
  std::sort(left.begin(), left.end());
  return std::accumulate(left.begin(), left.begin() + groups.groupsChosen, 0);
}

Status checkChange(const RoutingChange& change, int E) {
  const Policy& policy = change.policy;
  const PolicyInfo& info = policyInfo(policy.kind);
  const std::set<int32_t> forced(change.forced.begin(), change.forced.end());
  if (change.whole) {
    if (!forced.empty()) return fail("an expert cannot be forced on a policy that looks at all tokens");
    return {};
  }
  if (change.chosenAnew) TRY_STATUS(checkPolicy(policy, E));
  const int banned = static_cast<int>(change.banned.size()), needed = info.ragged ? 1 : policy.K;
  if (E - banned < needed) {
    return fail("{} bans leave {} of {} experts, expected at least k {}", banned, E - banned, E, needed);
  }
  if (policy.kind == PolicyKind::GroupedTopK && banned > 0) {
    const int left = leastInGroups(policy.groups, change.banned, E);
    if (left < policy.K) {
      return fail(
          "{} bans leave {} experts in {} of {} groups, expected at least k {}: a token may use no other groups",
          banned, left, policy.groups.groupsChosen, policy.groups.groups, policy.K);
    }
  }
  if (forced.empty()) return {};
  if (!hasWeightsForAny(policy.kind)) {
    return fail("an expert cannot be forced on {}: its weights belong to its own choice", info.name);
  }
  if (forced.size() > static_cast<size_t>(policy.K)) {
    return fail("{} experts are forced, a token chooses {}", forced.size(), policy.K);
  }
  return {};
}

}  // namespace

Result<RoutingChange> Interventions::changeAt(const RouterConfig& router, int layer, int position, int32_t id) const {
  RoutingChange change;
  change.policy = policyOf(router);
  const auto active = acting(layer, position, id);
  for (const Intervention* i : active) {
    if (i->kind != Kind::Policy) continue;
    const bool causal = policyInfo(i->policy.kind).causal;
    if (causal) change.policy = i->policy, change.chosenAnew = true;
    change.whole = change.whole || !causal;
  }
  for (const Intervention* i : active) {
    switch (i->kind) {
      case Kind::K:
        change.policy.K = i->k, change.chosenAnew = true;
        break;
      case Kind::Temperature:
        change.policy.temperature *= i->factor, change.chosenAnew = true;
        break;
      case Kind::Ban:
        change.banned.push_back(i->expert), change.chosenAnew = true;
        break;
      case Kind::Force:
        change.forced.push_back(i->expert);
        break;
      case Kind::Swap:
        change.swapped.emplace_back(i->expert, i->other);
        break;
      case Kind::Scale:
        change.scaled.emplace_back(i->expert, static_cast<float>(i->factor));
        break;
      case Kind::Policy:
      case Kind::SharedScale:
      case Kind::Capacity:
        break;
    }
  }
  std::sort(change.banned.begin(), change.banned.end());
  change.banned.erase(std::unique(change.banned.begin(), change.banned.end()), change.banned.end());
  if (const Status possible = checkChange(change, router.experts); !possible) {
    return fail("interventions in layer {} at token {}: {}", layer, position, possible.error().message);
  }
  return change;
}

const Intervention* Interventions::firstForCpuAlone() const {
  for (const Intervention& i : m_list) {
    if (i.kind == Kind::Policy && !hasWeightsForAny(i.policy.kind)) return &i;
  }
  return nullptr;
}

std::string interventionText(const Intervention& i, int layers) {
  std::string text;
  switch (i.kind) {
    case Kind::Ban:
      text = fmt::format("ban expert {}", i.expert);
      break;
    case Kind::Force:
      text = fmt::format("force expert {}", i.expert);
      break;
    case Kind::Swap:
      text = fmt::format("swap experts {} and {}", i.expert, i.other);
      break;
    case Kind::Scale:
      text = fmt::format("scale expert {} by {}", i.expert, i.factor);
      break;
    case Kind::SharedScale:
      text = fmt::format("scale the shared expert by {}", i.factor);
      break;
    case Kind::K:
      text = fmt::format("k {}", i.k);
      break;
    case Kind::Temperature:
      text = fmt::format("temperature {}", i.factor);
      break;
    case Kind::Policy:
      text = fmt::format("{}, k {}", policyInfo(i.policy.kind).name, i.policy.factor.value_or(i.policy.K));
      break;
    case Kind::Capacity:
      return fmt::format("capacity {} x {}", i.rule ? capacityRuleName(*i.rule) : "own rule",
                         i.capacityFactor ? fmt::format("{}", *i.capacityFactor) : "own");
  }
  if (i.firstLayer == i.lastLayer) {
    text += fmt::format(" in layer {}", i.firstLayer);
  } else if (i.firstLayer > 0 || i.lastLayer < layers - 1) {
    text += fmt::format(" in layers {} to {}", i.firstLayer, std::min(i.lastLayer, layers - 1));
  }
  if (i.fromToken == i.toToken) return text + fmt::format(" at token {}", i.fromToken);
  if (i.fromToken > 0) text += fmt::format(" from token {} on", i.fromToken);
  if (i.toToken < std::numeric_limits<int>::max()) text += fmt::format(" up to token {}", i.toToken);
  if (i.tokenId) text += fmt::format(" for token id {}", *i.tokenId);
  return text;
}

}  // namespace core
