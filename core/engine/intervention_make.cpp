// Which changes of the routing a model can be asked for, and which of them go together.
#include <algorithm>
#include <cmath>
#include <set>

#include "core/engine/intervention.h"
#include "core/engine/router_policy.h"

namespace core {
namespace {

using Kind = InterventionKind;

bool isOfRange(const Intervention& i) {
  return i.fromToken > 0 || i.toToken < std::numeric_limits<int>::max() || i.tokenId;
}

bool isWhole(const Intervention& i, int layers) {
  return !isOfRange(i) && i.firstLayer == 0 && i.lastLayer >= layers - 1;
}

Status checkExpert(int expert, int E) {
  if (expert < 0 || expert >= E) return fail("expected an expert from 0 to {}, found {}", E - 1, expert);
  return {};
}

Status checkOne(const Intervention& i, const ModelConfig& config) {
  const int E = config.router.experts;
  const bool openEnd = i.lastLayer == std::numeric_limits<int>::max();
  if (i.firstLayer < 0 || i.firstLayer > i.lastLayer || i.firstLayer >= config.layers ||
      (!openEnd && i.lastLayer >= config.layers)) {
    return fail("expected layers from 0 to {}, found {} to {}", config.layers - 1, i.firstLayer, i.lastLayer);
  }
  if (i.fromToken < 0 || i.fromToken > i.toToken)
    return fail("expected tokens from 0 on, found {} to {}", i.fromToken, i.toToken);
  if (!std::isfinite(static_cast<float>(i.factor))) {
    return fail("expected a factor that a float holds, found {}", i.factor);
  }
  switch (i.kind) {
    case Kind::Ban:
    case Kind::Force:
    case Kind::Scale:
      return checkExpert(i.expert, E);
    case Kind::Swap:
      TRY_STATUS(checkExpert(i.expert, E));
      return checkExpert(i.other, E);
    case Kind::SharedScale:
      if (config.shared == SharedExpert::None) return fail("this model has no shared expert");
      return {};
    case Kind::K:
      if (i.k < 1 || i.k > E) return fail("expected k from 1 to {}, found {}", E, i.k);
      return {};
    case Kind::Temperature:
      if (!(static_cast<float>(i.factor) > 0)) return fail("expected a temperature above 0, found {}", i.factor);
      return {};
    case Kind::Policy:
      TRY_STATUS(checkPolicy(i.policy, E));
      if (!policyInfo(i.policy.kind).causal && isOfRange(i)) {
        return fail("{} looks at all tokens of a prompt; it takes no range of them", policyInfo(i.policy.kind).name);
      }
      return {};
    case Kind::Capacity:
      if (!isWhole(i, config.layers)) return fail("a capacity acts on whole prompts in all layers; it takes no range");
      return {};
  }
  return {};
}

bool overlap(const Intervention& a, const Intervention& b) {
  return a.firstLayer <= b.lastLayer && b.firstLayer <= a.lastLayer;
}

// Changes that a policy which sees all tokens at once cannot take along.
bool isOfChoice(Kind kind) {
  return kind == Kind::Ban || kind == Kind::Force || kind == Kind::K || kind == Kind::Temperature;
}

constexpr const char* kKinds[] = {"ban", "force",       "swap",   "scale",   "shared_scale",
                                  "k",   "temperature", "policy", "capacity"};

}  // namespace

Result<std::shared_ptr<const Interventions>> Interventions::make(std::vector<Intervention> list,
                                                                 const ModelConfig& config) {
  const RouterConfig& router = config.router;
  if (router.experts == 0) return fail("interventions: this model has no experts");
  auto all = std::make_shared<Interventions>();
  all->m_columns = router.chosen;
  all->m_wholeK = router.chosen;
  int mostK = router.chosen;
  for (size_t n = 0; n < list.size(); ++n) {
    Intervention& i = list[n];
    const std::string place = fmt::format("interventions[{}] ({})", n, kKinds[static_cast<size_t>(i.kind)]);
    if (i.kind == Kind::Policy) {
      if (const std::string lock = policyLock(i.policy.kind, router); !lock.empty()) {
        return fail("{}: {} cannot be computed from logits: {}", place, policyInfo(i.policy.kind).name, lock);
      }
      i.policy = onRecordedLogits(i.policy, router);
    }
    if (const Status status = checkOne(i, config); !status) return failAt(place, status.error());
    if (i.kind == Kind::K) mostK = std::max(mostK, i.k);
    if (i.kind == Kind::Capacity && all->m_capacity) return fail("{}: a capacity was set before", place);
    if (i.kind == Kind::Capacity) {
      all->m_capacity = n;
      if (!router.dropsChoices) {  // it has no rule of its own: what acts is named
        i.rule = i.rule.value_or(CapacityRule::Gshard);
        i.capacityFactor = i.capacityFactor.value_or(1.0);
      }
    }
    if (i.kind != Kind::Policy) continue;
    const PolicyInfo& info = policyInfo(i.policy.kind);
    mostK = std::max(mostK, info.ragged ? router.experts : i.policy.K);
    all->m_causal = all->m_causal && info.causal;
    const bool takesBans = i.policy.kind != PolicyKind::DifferentiableTopK &&
                           i.policy.kind != PolicyKind::NormedLogits && i.policy.kind != PolicyKind::Hash;
    for (const Intervention& other : list) {
      if (!overlap(i, other) || &other == &i) continue;
      if (other.kind == Kind::Policy && !(info.causal && policyInfo(other.policy.kind).causal)) {
        return fail("{}: two policies meet in a layer, and one of them looks at all tokens of a prompt", place);
      }
      if ((!info.causal && isOfChoice(other.kind)) || (!takesBans && other.kind == Kind::Ban)) {
        return fail("{}: {} does not go with {}", place, info.name, kKinds[static_cast<size_t>(other.kind)]);
      }
    }
  }
  // A k outlasts a policy's own, as in changeAt.
  for (const Kind kind : {Kind::Policy, Kind::K}) {
    for (const Intervention& i : list) {
      if (i.kind == kind && isWhole(i, config.layers)) all->m_wholeK = kind == Kind::K ? i.k : i.policy.K;
    }
  }
  all->m_columns = mostK;
  all->m_list = std::move(list);
  if (all->m_capacity) {
    const Result<int64_t> slots = capacity(
        all->capacityRule(router), {1, router.experts, all->m_wholeK, all->capacityFactor(router), router.minCapacity});
    if (!slots) return fail("interventions[{}] (capacity): {}", *all->m_capacity, slots.error().message);
  }
  TRY_STATUS(all->checkTogether(config));
  return std::shared_ptr<const Interventions>(std::move(all));
}

// Where changes begin or end, for the token ids they name and for another: what is asked there is possible. Lists too
// long for that are checked where they act.
Status Interventions::checkTogether(const ModelConfig& config) const {
  if (m_list.empty()) return {};
  constexpr size_t kMostLooks = size_t{1} << 22;
  std::set<int> layers = {0}, positions = {0};
  std::set<int32_t> ids = {-1};
  for (const Intervention& i : m_list) {
    layers.insert(i.firstLayer);
    if (i.lastLayer < config.layers - 1) layers.insert(i.lastLayer + 1);
    positions.insert(i.fromToken);
    if (i.toToken < std::numeric_limits<int>::max()) positions.insert(i.toToken + 1);
    if (i.tokenId) ids.insert(*i.tokenId);
  }
  if (layers.size() * positions.size() > kMostLooks / (ids.size() * m_list.size())) return {};
  for (const int layer : layers) {
    for (const int position : positions) {
      for (const int32_t id : ids) {
        if (const auto change = changeAt(config.router, layer, position, id); !change) {
          return tl::unexpected<Error>(change.error());
        }
      }
    }
  }
  return {};
}

}  // namespace core
