#include "app/cli/policy_options.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "app/cli/run_options.h"
#include "core/routing/policy_reads.h"

namespace app {
namespace {

std::vector<std::string> policyNames(const std::vector<std::string>& more) {
  std::vector<std::string> names = {"own"};
  for (const core::PolicyInfo& info : core::policies()) names.emplace_back(info.name);
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

const std::vector<std::string> kWeightForms = {"raw",     "renorm",         "softmax_topk",
                                               "sigmoid", "sigmoid_renorm", "double_softmax"};
const std::vector<std::string> kDropWeights = {"before", "after", "raw"};
const std::vector<std::string> kOrders = {"rank_major", "token_major", "batch_priority", "by_score", "permuted"};

std::vector<core::PolicySetting> givenSettings(const PolicyOptionsCli& o) {
  using S = core::PolicySetting;
  std::vector<S> given;
  for (const auto& [setting, isGiven] :
       {std::pair{S::K, o.k.has_value()}, std::pair{S::Temperature, o.temperature.has_value()},
        std::pair{S::Weights, o.weights.has_value()}, std::pair{S::Groups, o.groups.has_value()},
        std::pair{S::GroupsChosen, o.groupsChosen.has_value()}, std::pair{S::GroupScore, o.groupScore.has_value()},
        std::pair{S::Noise, o.noise.has_value()}, std::pair{S::Threshold, o.threshold.has_value()},
        std::pair{S::Jitter, o.jitter.has_value()}, std::pair{S::Lambda, o.lambda.has_value()},
        std::pair{S::Rounding, o.rounding.has_value()}, std::pair{S::Hash, o.hash.has_value()},
        std::pair{S::Seed, o.seed.has_value()}}) {
    if (isGiven) given.push_back(setting);
  }
  return given;
}

std::string unread(const std::string& name, const core::Policy& policy, core::PolicySetting setting) {
  std::string option(core::policySettingName(setting)), why, readers = core::readersOf(setting);
  std::replace(option.begin(), option.end(), '_', '-');
  if (policy.kind == core::PolicyKind::ExpertChoice && policy.factor) why = " beside --capacity-factor";
  if (policy.kind == core::PolicyKind::Hash && setting == core::PolicySetting::Seed) why = " with the hash mod";
  if (setting == core::PolicySetting::K) readers += ", and wherever a capacity counts slots";
  if (setting == core::PolicySetting::Seed) readers += ", and the order permuted";
  const std::string_view kind = core::policyInfo(policy.kind).name;
  return fmt::format("--{}: {}{} does not read it{}; it is read by {}", option, kind,
                     name == "own" ? ", the model's own policy," : "", why, readers);
}

// Orders and groups that nothing acts on: no slots to queue for, no policy that looks across tokens.
std::string servingProblem(const PolicyOptionsCli& options, bool cutsGroups, bool slots) {
  if (options.order != "rank_major" && !slots) {
    return fmt::format(
        "--order {}: nothing queues for slots; give --capacity-factor or --capacity-rule (with expert-choice the rule)",
        options.order);
  }
  if (options.sequence > 0 && !cutsGroups) {
    return "--sequence: nothing queues for slots, and the policy looks at each token alone; give --capacity-factor or "
           "--capacity-rule, or a policy that is not causal";
  }
  return {};
}

}  // namespace

void addPolicyOptions(CLI::App& command, PolicyOptionsCli& options, const std::vector<std::string>& more) {
  const double most = std::numeric_limits<float>::max();
  const auto count = CLI::Range(1, core::kMaxExperts);
  command.add_option("--policy", options.policy, "who chooses; own is the model's own policy")
      ->capture_default_str()
      ->check(CLI::IsMember(policyNames(more)));
  command.add_option("--k", options.k, "experts a token takes, or their mean")->check(count);
  command
      .add_option("--weights", options.weights,
                  "how weights are made: token-choice, skywork-norm, grouped-topk, global-choice")
      ->check(CLI::IsMember(kWeightForms));
  command.add_option("--temperature", options.temperature, "divides the logits before anything else")
      ->check(finiteFrom(1e-6, most, "a number above 0"));
  command.add_option("--groups", options.groups, "grouped-topk: groups of neighbouring experts")->check(count);
  command.add_option("--groups-chosen", options.groupsChosen, "grouped-topk: groups a token may use")->check(count);
  command
      .add_option("--group-score", options.groupScore,
                  "grouped-topk: a group's score is its best or the sum of its two best")
      ->check(CLI::IsMember({"max", "top2sum"}));
  command.add_option("--noise", options.noise, "noisy-topk: standard deviation; 1 / E if not given")
      ->check(finiteFrom(0, most, "a number of at least 0"));
  command.add_option("--threshold", options.threshold, "top-p: the probability to exceed")
      ->check(finiteFrom(0, 1, "a share from 0 to 1"));
  command.add_option("--jitter", options.jitter, "sparsemixer: how far behind the best an expert may be")
      ->check(finiteFrom(0, most, "a number of at least 0"));
  command.add_option("--lambda", options.lambda, "skywork-norm: the spread that logits get")
      ->check(finiteFrom(0, most, "a number of at least 0"));
  command.add_option("--rounding", options.rounding, "expert-choice: of T k / E")
      ->check(CLI::IsMember({"floor", "ceil", "half_even"}));
  command.add_option("--hash", options.hash, "hash-router: which hash")->check(CLI::IsMember({"mod", "splitmix"}));
  command
      .add_option("--seed", options.seed, "of gumbel, reinforce, noisy-topk, the splitmix hash and the order permuted")
      ->default_str("0")
      ->check(wholeFromZero());
  addCapacityOptions(command, options.capacityFactor, options.capacityRule);
  command.add_option("--order", options.order, "who asks for a slot first")
      ->capture_default_str()
      ->check(CLI::IsMember(kOrders));
  auto* sequence = command
                       .add_option("--sequence", options.sequence,
                                   "tokens of a sequence: it queues by itself, and chooses by itself where the "
                                   "policy looks across tokens; the whole run if not given")
                       ->check(CLI::Range(1, 1 << 24));
  command.add_option("--group-sequences", options.groupSequences, "sequences that are one group")
      ->capture_default_str()
      ->needs(sequence)
      ->check(CLI::Range(1, 1 << 24));
  command
      .add_option("--drop-weights", options.dropWeights,
                  "weights of a token that lost choices: renormalised before the drop, after it, or raw; as before any "
                  "drop if not given")
      ->check(CLI::IsMember(kDropWeights));
}

core::ReplayOptions replayOptions(const std::string& name, const PolicyOptionsCli& options,
                                  const core::RouterConfig& router) {
  core::ReplayOptions replay;
  core::Policy& policy = replay.policy;
  const auto kind = core::policyNamed(name);
  policy = kind ? core::defaultPolicy(*kind, router) : core::policyOf(router);
  if (options.k) policy.K = *options.k;
  if (options.weights)
    core::setWeightForm(policy, core::weightFormFromName(*options.weights).value_or(core::weightFormOf(policy)));
  policy.temperature = options.temperature.value_or(1.0);
  if (options.groups) policy.groups.groups = *options.groups;
  if (options.groupsChosen) policy.groups.groupsChosen = *options.groupsChosen;
  if (options.groupScore)
    policy.groups.score = *options.groupScore == "max" ? core::GroupScore::Max : core::GroupScore::SumOfTopTwo;
  policy.noise = options.noise.value_or(0.0);
  policy.threshold = options.threshold.value_or(policy.threshold);
  policy.jitter = options.jitter.value_or(policy.jitter);
  policy.lambda = options.lambda.value_or(policy.lambda);
  if (options.rounding) policy.rounding = core::roundingFromName(*options.rounding).value_or(policy.rounding);
  if (options.hash) policy.hash = core::hashRuleFromName(*options.hash).value_or(policy.hash);
  policy.seed = options.seed.value_or(0);
  if (options.capacityRule) replay.rule = core::capacityRuleFromName(*options.capacityRule);
  if (policy.kind == core::PolicyKind::ExpertChoice && !replay.rule) {
    policy.factor = options.capacityFactor;
  } else {
    replay.factor = options.capacityFactor;
  }
  replay.serving.order = core::servingOrderFromName(options.order).value_or(core::ServingOrder::RankMajor);
  if (replay.serving.order == core::ServingOrder::Permuted) replay.serving.seed = policy.seed;
  replay.serving.sequence = options.sequence;
  replay.serving.sequences = options.groupSequences;
  if (options.dropWeights) replay.dropWeights = core::dropWeightsFromName(*options.dropWeights);
  return replay;
}

PolicyOptionsCli readBy(const core::PolicyInfo& info, PolicyOptionsCli options) {
  if (core::onlyK(info.kind)) options.k.reset();
  return options;
}

std::string policyOptionsProblem(const std::string& name, const PolicyOptionsCli& options,
                                 const core::RouterConfig& router, bool queues) {
  const bool all = name == "all";
  const core::ReplayOptions replay = replayOptions(name, options, router);
  const core::Policy policy = core::onRecordedLogits(replay.policy, router);
  if (!all && !core::policyInfo(policy.kind).locked.empty()) return {};  // it has a reason of its own
  const bool slots = queues || replay.rule || replay.factor;
  if (const std::string problem = servingProblem(options, slots || all || !core::policyInfo(policy.kind).causal, slots);
      !problem.empty())
    return problem;
  if (!all && options.weights) {
    if (const std::string problem = core::weightFormProblem(policy.kind, *options.weights); !problem.empty())
      return "--weights: " + problem;
  }
  const std::vector<core::PolicySetting> given = givenSettings(options);
  for (const core::PolicySetting setting : given) {
    const bool counted = (setting == core::PolicySetting::K && slots) ||
                         (setting == core::PolicySetting::Seed && replay.serving.order == core::ServingOrder::Permuted);
    if (all || counted || core::readsSetting(policy, setting)) continue;
    return unread(name, policy, setting);
  }
  if (all || given.empty()) return {};
  const core::Status fits = core::checkPolicy(policy, router.experts);
  return fits ? std::string() : fits.error().message;
}

}  // namespace app
