// What interventions do to the routing of a call's rows, and what is recorded of it.
#include <algorithm>
#include <cmath>

#include "core/engine/intervention.h"
#include "core/routing/logit_norm.h"
#include "core/routing/policy_record.h"
#include "core/routing/score.h"

namespace core {

using Kind = InterventionKind;

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

PolicyInput wholeInput(const RouterConfig& router, const Interventions::Rows& rows) {
  PolicyInput input;
  input.logits = rows.logits;
  input.E = router.experts;
  input.layer = rows.layer;
  input.firstToken = rows.first;
  input.tokenIds = rows.ids;
  return input;
}

// One row as the policy sees it: its logits cooled, without those of banned experts.
class ChangedRow {
 public:
  ChangedRow(const RoutingChange& change, const RouterConfig& router, const Interventions::Rows& rows, size_t row)
      : m_policy(change.policy) {
    const auto E = static_cast<size_t>(router.experts);
    const auto own = rows.logits.subspan(row * E, E);
    m_logits.assign(own.begin(), own.end());
    for (float& logit : m_logits) logit /= static_cast<float>(m_policy.temperature);
    m_policy.temperature = 1;
    if (!change.banned.empty() && m_policy.kind == PolicyKind::NormedLogits) {  // the spread is that of all experts
      normaliseLogits<float>(m_logits, router.experts, static_cast<float>(m_policy.lambda), m_policy.ddof, m_logits);
      m_policy.kind = PolicyKind::TokenChoice;
    }
    constexpr float kNever = -std::numeric_limits<float>::infinity();
    for (const int32_t expert : change.banned) m_logits[static_cast<size_t>(expert)] = kNever;
    m_input.logits = m_logits;
    m_input.E = router.experts;
    m_input.layer = rows.layer;
    m_input.firstToken = rows.first + static_cast<int>(row);
    m_input.tokenIds = rows.ids.subspan(row, 1);
    m_input.bias = rows.bias;
    if (change.banned.empty() || m_policy.kind != PolicyKind::GroupedTopK) return;
    m_bias.assign(rows.bias.begin(), rows.bias.end());
    m_bias.resize(E, 0.0F);
    for (const int32_t expert : change.banned) m_bias[static_cast<size_t>(expert)] = kNever;  // its score is 0 there
    m_input.bias = m_bias;
  }
  ChangedRow(const ChangedRow&) = delete;

  const Policy& policy() const { return m_policy; }
  const PolicyInput& input() const { return m_input; }
  std::span<const float> logits() const { return m_logits; }
  Result<PolicyRouting> route() const { return routeBy(m_policy, m_input); }

 private:
  Policy m_policy;
  std::vector<float> m_logits, m_bias;
  PolicyInput m_input;
};

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
  TRY_ASSIGN(const PolicyRouting routed, routeBy(policy.policy, wholeInput(router, rows)));
  for (size_t t = 0; t < rows.ids.size(); ++t) put(routed, t, t, static_cast<size_t>(m_columns), routing);
  if (!routing.scores.empty()) {
    if (routed.scores.empty()) {
      softmaxRows<float>(rows.logits, router.experts, routing.scores);
    } else {
      routing.scores = routed.scores;
    }
  }
  if (!routing.selection.empty()) {
    const std::span<const float> seen = routed.selection.empty() ? rows.logits : routed.selection;
    routing.selection.assign(seen.begin(), seen.end());
  }
  return {};
}

Status Interventions::applyRow(const RouterConfig& router, const Rows& rows, int row, Routing& routing) const {
  const auto t = static_cast<size_t>(row), E = static_cast<size_t>(router.experts),
             columns = static_cast<size_t>(m_columns);
  TRY_ASSIGN(const RoutingChange change, changeAt(router, rows.layer, rows.first + row, rows.ids[t]));
  if (change.isNone()) return {};
  const std::span<int32_t> ids = std::span(routing.ids).subspan(t * columns, columns);
  const std::span<float> weights = std::span(routing.weights).subspan(t * columns, columns);

  const ChangedRow changed(change, router, rows, t);
  if (change.chosenAnew) {
    TRY_ASSIGN(const PolicyRouting routed, changed.route());
    put(routed, 0, t, columns, routing);
    if (!routing.scores.empty()) {
      const std::span<float> scores = std::span(routing.scores).subspan(t * E, E);
      if (routed.scores.empty()) {
        softmaxRow<float>(changed.logits(), scores);
      } else {
        std::copy(routed.scores.begin(), routed.scores.end(), scores.begin());
      }
    }
    if (!routing.selection.empty()) {
      const std::span<const float> seen = routed.selection.empty() ? changed.logits() : routed.selection;
      std::copy(seen.begin(), seen.end(), routing.selection.begin() + static_cast<ptrdiff_t>(t * E));
    }
  }
  // Forced experts take the last places that no forced expert has.
  const auto isForced = [&](int32_t id) {
    return std::find(change.forced.begin(), change.forced.end(), id) != change.forced.end();
  };
  size_t chosen = 0, place = 0;
  while (chosen < columns && ids[chosen] >= 0) ++chosen;
  place = chosen;
  bool forced = false;
  for (const int32_t expert : change.forced) {
    if (std::find(ids.begin(), ids.end(), expert) != ids.end()) continue;
    while (place > 0 && isForced(ids[place - 1])) --place;
    if (place == 0) return fail("{} has fewer choices than experts are forced", policyInfo(change.policy.kind).name);
    ids[--place] = expert;
    forced = true;
  }
  if (forced) TRY_STATUS(weighChosen(changed.policy(), changed.input(), ids.first(chosen), weights.first(chosen)));
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

namespace {

// Of row `row` of a routing made from these logits. A router that scores nothing before it chooses ranks by logits.
ChangedChoice recordOf(const RouterConfig& router, const Policy& policy, const PolicyRouting& routed,
                       std::span<const float> logits, size_t row, std::vector<float>& softmax,
                       std::vector<float>& scratch) {
  const size_t E = logits.size(), columns = static_cast<size_t>(routed.columns);
  softmax.resize(E);
  softmaxRow<float>(logits, softmax);
  PolicyRouting one;
  const auto rowOf = [&](const std::vector<float>& all) {
    return all.empty() ? std::vector<float>()
                       : std::vector<float>(all.begin() + static_cast<ptrdiff_t>(row * E),
                                            all.begin() + static_cast<ptrdiff_t>((row + 1) * E));
  };
  one.scores = rowOf(routed.scores);
  one.selection = rowOf(routed.selection);
  ChangedChoice choice{static_cast<int>(row), NAN, 0};
  const bool scored = router.score == ScoreFunction::Softmax || router.score == ScoreFunction::Sigmoid;
  if (ranksExperts(policy.kind)) {
    const auto values =
        rankedBy(policy, one, logits, scored ? std::span<const float>(softmax) : std::span<const float>());
    choice.margin = marginOf(values, std::span(routed.ids).subspan(row * columns, columns));
  }
  choice.entropy = scoreEntropy(one.scores.empty() ? softmax : one.scores, scratch);
  return choice;
}

}  // namespace

Result<std::vector<ChangedChoice>> Interventions::choicesOf(const RouterConfig& router, const Rows& rows) const {
  std::vector<ChangedChoice> choices;
  std::vector<float> softmax, scratch;
  const auto E = static_cast<size_t>(router.experts);
  for (size_t t = 0; t < rows.ids.size(); ++t) {
    TRY_ASSIGN(const RoutingChange change, changeAt(router, rows.layer, rows.first + static_cast<int>(t), rows.ids[t]));
    if (change.whole || (!change.chosenAnew && change.forced.empty() && change.swapped.empty())) continue;
    const ChangedRow changed(change, router, rows, t);
    TRY_ASSIGN(const PolicyRouting routed, changed.route());
    choices.push_back(recordOf(router, changed.policy(), routed, changed.logits(), 0, softmax, scratch));
    choices.back().row = static_cast<int>(t);
  }
  for (const Intervention& i : m_list) {
    if (i.kind != Kind::Policy || policyInfo(i.policy.kind).causal || rows.layer < i.firstLayer ||
        rows.layer > i.lastLayer)
      continue;
    TRY_ASSIGN(const PolicyRouting routed, routeBy(i.policy, wholeInput(router, rows)));
    for (size_t t = 0; t < rows.ids.size(); ++t)
      choices.push_back(recordOf(router, i.policy, routed, rows.logits.subspan(t * E, E), t, softmax, scratch));
  }
  return choices;
}

}  // namespace core
