// Interventions as a JSON document, input from a user and untrusted:
//
//   {"schema": "expertscope.intervention", "version": 1, "interventions": [
//     {"kind": "ban", "expert": 3, "layers": [2, 4], "from": 7},      layers and tokens from, to: both included
//     {"kind": "force", "expert": 5, "layer": 1, "token_id": 42},
//     {"kind": "swap", "expert": 1, "with": 2}, {"kind": "scale", "expert": 1, "by": 0.5},
//     {"kind": "shared_scale", "by": 2}, {"kind": "k", "k": 1}, {"kind": "temperature", "by": 0.5},
//     {"kind": "policy", "policy": "sinkhorn", "k": 2, "seed": 1}, {"kind": "capacity", "rule": "gshard", "factor":
//     0.5}],
//
// A policy may take what it reads (core/routing/policy_reads.h) of k, seed, temperature, scale, noise, threshold,
// jitter, lambda, weights, groups, groups_chosen, group_score, rounding, hash and factor (of expert-choice: the mean
// number of experts a token gets, in k's place).
//
//    "target": 17, "distractor": 4}
//
// target and distractor are token ids whose chance is followed; they and schema and version may be left out.
#pragma once

#include <string_view>

#include "core/engine/intervention.h"

namespace core {

constexpr size_t kMaxInterventions = 4096;

struct InterventionFile {
  std::vector<Intervention> list;
  std::optional<int32_t> target, distractor;
};

// `place` names the file. Errors: not JSON, an unknown kind or key, a key
// that the policy does not read, weights of a form that it does not have, a number outside its range. What the model
// makes of them is Interventions::make's to say.
Result<InterventionFile> parseInterventions(std::string_view text, std::string_view place, const ModelConfig& config);

}  // namespace core
