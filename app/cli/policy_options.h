// --policy and what belongs to a policy, for every subcommand that puts one in a router's place.
#pragma once

#include <optional>
#include <string>

#include "app/cli/command.h"
#include "core/trace/replay.h"

namespace app {

struct PolicyOptionsCli {
  std::string policy = "own";
  std::optional<int> k, groups, groupsChosen;
  std::optional<double> temperature, noise, threshold, jitter, lambda;
  std::optional<std::string> weights, groupScore, hash, rounding, dropWeights;
  std::optional<uint64_t> seed;
  std::optional<double> capacityFactor;
  std::optional<std::string> capacityRule;
  std::string order = "rank_major";
  int sequence = 0, groupSequences = 1;
};

// `more`: names beside own and the golden files' that --policy takes.
void addPolicyOptions(CLI::App& command, PolicyOptionsCli& options, const std::vector<std::string>& more = {});

// The policy called `name` ("own": the router's) with the options that were given. With expert choice the capacity
// factor is the mean number of experts a token gets; with every other policy it gives the slots.
core::ReplayOptions replayOptions(const std::string& name, const PolicyOptionsCli& options,
                                  const core::RouterConfig& router);

// What of the options is for one policy among all of them: not a k that it cannot take.
PolicyOptionsCli readBy(const core::PolicyInfo& info, PolicyOptionsCli options);

// What was given and the policy called `name` does not read or cannot take, in words; empty: nothing. "all": what none
// of them reads. `queues`: a capacity acts on the run whatever is given.
std::string policyOptionsProblem(const std::string& name, const PolicyOptionsCli& options,
                                 const core::RouterConfig& router, bool queues);

}  // namespace app
