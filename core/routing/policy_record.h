// What is recorded of a policy's choice beside ids and weights: its margin and the entropy of its scores. The same for
// a replay and for a run whose routing was changed.
#pragma once

#include <span>
#include <vector>

#include "core/routing/policy.h"

namespace core {

// Whether a token's experts are its K best by values that each of them has: else there is no margin.
bool ranksExperts(PolicyKind kind);

// What they were ranked by, (T, E): what the choice saw, else the scores, else the softmax of the logits. `softmax` may
// be empty if routing.scores are not: then it is not asked for.
std::span<const float> rankedBy(const Policy& policy, const PolicyRouting& routing, std::span<const float> logits,
                                std::span<const float> softmax);

// The last chosen expert's value minus the best of those that were passed over; NaN where nothing else was left: masked
// experts have the value -infinity. `chosen` (K), best first, -1 behind its last one.
float marginOf(std::span<const float> values /* (E) */, std::span<const int32_t> chosen);
// The same where it is known who came next; -1: nobody.
float marginTo(std::span<const float> values /* (E) */, std::span<const int32_t> chosen, int32_t next);

// -sum p ln p in nats, p the scores over their sum. Scores are 0 or more.
float scoreEntropy(std::span<const float> scores /* (E) */, std::vector<float>& scratch);

}  // namespace core
