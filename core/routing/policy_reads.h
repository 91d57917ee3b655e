// Which of a policy's settings it reads. A setting that is not read changes nothing, so whoever gives one is told which
// policies would read it. One table for the command line, for intervention files and for labels.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/routing/policy.h"

namespace core {

enum class PolicySetting : uint8_t {
  K,
  Temperature,
  Weights,
  Scale,
  Groups,
  GroupsChosen,
  GroupScore,
  Jitter,
  Lambda,
  Rounding,
  Factor,
  Noise,
  Threshold,
  Hash,
  Seed,
  Count
};

// As intervention files spell it: "groups_chosen".
std::string_view policySettingName(PolicySetting setting);

// What a policy reads can depend on its other settings: the seed on the hash, k and the rounding on a factor. Nothing
// is read of a policy that cannot be computed from logits. k stands for the choice alone; whoever counts slots for a
// capacity rule reads it as well.
bool readsSetting(const Policy& policy, PolicySetting setting);

// "sparsemixer"; "every policy but hash-router"; of the seed "gumbel, noisy-topk, hash-router with splitmix,
// reinforce".
std::string readersOf(PolicySetting setting);

// The one number of choices that a policy can take; none: any.
std::optional<int> onlyK(PolicyKind kind);

// Choices a token as slots are counted for them: k, or the whole number from 1 to E nearest to the mean that a factor
// asks for.
int meanChoices(const Policy& policy, int E);

// "grouped-topk takes raw, renorm, sigmoid, sigmoid_renorm, found softmax_topk"; empty: it takes that form.
std::string weightFormProblem(PolicyKind kind, std::string_view form);

}  // namespace core
