#include "core/routing/policy_record.h"

#include <algorithm>
#include <cmath>

#include "core/routing/score.h"

namespace core {

bool ranksExperts(PolicyKind kind) {
  return !policyInfo(kind).ragged && kind != PolicyKind::Hash && kind != PolicyKind::BalancedAssignment;
}

std::span<const float> rankedBy(const Policy& policy, const PolicyRouting& routing, std::span<const float> logits,
                                std::span<const float> softmax) {
  if (!routing.selection.empty()) return routing.selection;
  // Whose weights are made after the choice, from nothing that the choice has seen
  if (policy.kind == PolicyKind::SparseMixer || policy.kind == PolicyKind::DifferentiableTopK ||
      policy.kind == PolicyKind::SigmoidTopK)
    return logits;
  if (!routing.scores.empty()) return routing.scores;
  return softmax.empty() ? logits : softmax;
}

float marginOf(std::span<const float> values, std::span<const int32_t> chosen) {
  while (chosen.size() > 1 && chosen.back() < 0) chosen = chosen.first(chosen.size() - 1);
  if (chosen.empty() || chosen.back() < 0) return NAN;
  float next = -INFINITY;
  // The chosen are few: their values are passed over one by one, between them nothing is asked.
  for (size_t e = 0; e < values.size(); ++e) {
    if (values[e] > next && std::find(chosen.begin(), chosen.end(), static_cast<int32_t>(e)) == chosen.end())
      next = values[e];
  }
  return next > -INFINITY ? values[static_cast<size_t>(chosen.back())] - next : NAN;
}

float marginTo(std::span<const float> values, std::span<const int32_t> chosen, int32_t next) {
  const float other = next < 0 ? -INFINITY : values[static_cast<size_t>(next)];
  return other > -INFINITY ? values[static_cast<size_t>(chosen.back())] - other : NAN;
}

float scoreEntropy(std::span<const float> scores, std::vector<float>& scratch) {
  float sum = 0;
  for (const float score : scores) sum += score;
  scratch.assign(scores.begin(), scores.end());
  for (float& p : scratch) p /= sum > 0 ? sum : 1;
  return entropy<float>(scratch);
}

}  // namespace core
