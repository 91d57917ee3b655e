#include "core/engine/intervention.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/engine/router_policy.h"
#include "core/routing/logit_norm.h"
#include "core/routing/score.h"

namespace core {
namespace {

using Kind = InterventionKind;

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

// The rows as they are, with more columns.
template <class T>
void widen(std::vector<T>& rows, size_t from, size_t to, T missing) {
  if (from == to) return;
  std::vector<T> wide(rows.size() / from * to, missing);
  for (size_t t = 0; t * from < rows.size(); ++t)
    std::copy_n(rows.begin() + static_cast<ptrdiff_t>(t * from), from, wide.begin() + static_cast<ptrdiff_t>(t * to));
  rows = std::move(wide);
}

void put(const PolicyRouting& from, size_t row, size_t to, size_t columns, Routing& routing) {
  const auto width = static_cast<size_t>(from.columns);
  for (size_t j = 0; j < columns; ++j) {
    routing.ids[to * columns + j] = j < width ? from.ids[row * width + j] : -1;
    routing.weights[to * columns + j] = j < width ? from.weights[row * width + j] : 0;
  }
}

// Kept choices by expert; a kept slot is its place among its expert's.
ExpertBatches batchesOf(const std::vector<int32_t>& ids, const std::vector<int32_t>& slot,
                        const std::vector<int32_t>& kept, int E) {
  ExpertBatches out;
  out.begin.assign(static_cast<size_t>(E) + 1, 0);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (kept[i]) ++out.begin[static_cast<size_t>(ids[i]) + 1];
  }
  for (size_t e = 0; e < static_cast<size_t>(E); ++e) out.begin[e + 1] += out.begin[e];
  out.rows.resize(static_cast<size_t>(out.begin.back()));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (kept[i])
      out.rows[static_cast<size_t>(out.begin[static_cast<size_t>(ids[i])]) + static_cast<size_t>(slot[i])] =
          static_cast<int32_t>(i);
  }
  return out;
}

}  // namespace

Status Interventions::apply(const RouterConfig& router, const Rows& rows, std::optional<int64_t> slots,
                            Routing& routing) const {
  const auto T = rows.ids.size(), columns = static_cast<size_t>(m_columns);
  widen(routing.ids, static_cast<size_t>(router.chosen), columns, -1);
  widen(routing.weights, static_cast<size_t>(router.chosen), columns, 0.0F);
  for (const Intervention& i : m_list) {
    const bool whole = i.kind == Kind::Policy && !policyInfo(i.policy.kind).causal;
    if (whole && rows.layer >= i.firstLayer && rows.layer <= i.lastLayer)
      TRY_STATUS(applyWhole(router, rows, i, routing));
  }
  for (size_t t = 0; t < T; ++t) TRY_STATUS(applyRow(router, rows, static_cast<int>(t), routing));
  std::vector<int32_t> slot, kept;
  queueChoices(routing.ids, router.experts, m_columns, slots.value_or(std::numeric_limits<int64_t>::max()), slot, kept);
  routing.batches = batchesOf(routing.ids, slot, kept, router.experts);
  if (router.dropsChoices || m_capacity) {
    routing.slot = std::move(slot);
    routing.kept = std::move(kept);
  }
  return {};
}

Status Interventions::applyWhole(const RouterConfig& router, const Rows& rows, const Intervention& policy,
                                 Routing& routing) const {
  PolicyInput input;
  input.logits = rows.logits;
  input.E = router.experts;
  input.layer = rows.layer;
  input.firstToken = rows.first;
  input.tokenIds = rows.ids;
  TRY_ASSIGN(const PolicyRouting routed, routeBy(policy.policy, input));
  for (size_t t = 0; t < rows.ids.size(); ++t) put(routed, t, t, static_cast<size_t>(m_columns), routing);
  if (!routing.scores.empty() && !routed.scores.empty()) routing.scores = routed.scores;
  return {};
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
  if (policy.kind != PolicyKind::TokenChoice && policy.kind != PolicyKind::SigmoidTopK &&
      policy.kind != PolicyKind::NormedLogits && policy.kind != PolicyKind::GroupedTopK) {
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
    if (i.kind != Kind::Policy) continue;
    const PolicyKind kind = i.policy.kind;
    const bool closed = kind == PolicyKind::TokenChoice || kind == PolicyKind::GroupedTopK ||
                        kind == PolicyKind::SigmoidTopK || kind == PolicyKind::SparseMixer ||
                        kind == PolicyKind::NormedLogits;
    if (!closed) return &i;
  }
  return nullptr;
}

Status Interventions::applyRow(const RouterConfig& router, const Rows& rows, int row, Routing& routing) const {
  const auto t = static_cast<size_t>(row), E = static_cast<size_t>(router.experts),
             columns = static_cast<size_t>(m_columns);
  TRY_ASSIGN(const RoutingChange change, changeAt(router, rows.layer, rows.first + row, rows.ids[t]));
  if (change.isNone()) return {};
  const std::span<int32_t> ids = std::span(routing.ids).subspan(t * columns, columns);
  const std::span<float> weights = std::span(routing.weights).subspan(t * columns, columns);

  // Who chooses, from which logits
  std::vector<float> logits(rows.logits.begin() + static_cast<ptrdiff_t>(t * E),
                            rows.logits.begin() + static_cast<ptrdiff_t>((t + 1) * E));
  Policy policy = change.policy;
  if (policy.temperature != 1) {
    for (float& logit : logits) logit /= static_cast<float>(policy.temperature);
    policy.temperature = 1;
  }
  if (!change.banned.empty() && policy.kind == PolicyKind::NormedLogits) {  // the spread is that of all experts
    normaliseLogits<float>(logits, router.experts, static_cast<float>(policy.lambda), policy.ddof, logits);
    policy.kind = PolicyKind::TokenChoice;
  }
  for (const int32_t expert : change.banned)
    logits[static_cast<size_t>(expert)] = -std::numeric_limits<float>::infinity();
  PolicyInput input;
  input.logits = logits;
  input.E = router.experts;
  input.layer = rows.layer;
  input.firstToken = rows.first + row;
  input.tokenIds = rows.ids.subspan(t, 1);
  input.bias = rows.bias;
  std::vector<float> bias;
  if (!change.banned.empty() && policy.kind == PolicyKind::GroupedTopK) {  // its scores are 0 there, not below all
    bias.assign(rows.bias.begin(), rows.bias.end());
    bias.resize(E, 0.0F);
    for (const int32_t expert : change.banned)
      bias[static_cast<size_t>(expert)] = -std::numeric_limits<float>::infinity();
    input.bias = bias;
  }
  if (change.chosenAnew) {
    TRY_ASSIGN(const PolicyRouting routed, routeBy(policy, input));
    put(routed, 0, t, columns, routing);
    if (!routing.scores.empty()) {
      const std::span<float> scores = std::span(routing.scores).subspan(t * E, E);
      if (routed.scores.empty()) {
        softmaxRow<float>(logits, scores);
      } else {
        std::copy(routed.scores.begin(), routed.scores.end(), scores.begin());
      }
    }
    if (!routing.selection.empty()) {
      const std::span<const float> seen = routed.selection.empty() ? std::span<const float>(logits) : routed.selection;
      std::copy(seen.begin(), seen.end(), routing.selection.begin() + static_cast<ptrdiff_t>(t * E));
    }
  }
  // Forced experts take the last places.
  size_t chosen = 0, place = 0;
  while (chosen < columns && ids[chosen] >= 0) ++chosen;
  place = chosen;
  bool forced = false;
  for (const int32_t expert : change.forced) {
    if (std::find(ids.begin(), ids.end(), expert) != ids.end()) continue;
    if (place == 0) return fail("{} has fewer choices than experts are forced", policyInfo(policy.kind).name);
    ids[--place] = expert;
    forced = true;
  }
  if (forced) TRY_STATUS(weighChosen(policy, input, ids.first(chosen), weights.first(chosen)));
  for (const auto& [expert, other] : change.swapped) {
    for (int32_t& id : ids) id = id == expert ? other : id == other ? expert : id;
  }
  for (const auto& [expert, factor] : change.scaled) {
    for (size_t j = 0; j < columns; ++j) {
      if (ids[j] == expert) weights[j] *= factor;
    }
  }
  return {};
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
      text = fmt::format("{}, k {}", policyInfo(i.policy.kind).name, i.policy.K);
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
