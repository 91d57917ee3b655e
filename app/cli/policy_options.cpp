#include "app/cli/policy_options.h"

#include <algorithm>
#include <limits>

#include "app/cli/run_options.h"

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
      ->capture_default_str()
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
  policy.seed = options.seed;
  if (options.capacityRule) replay.rule = core::capacityRuleFromName(*options.capacityRule);
  if (policy.kind == core::PolicyKind::ExpertChoice && !replay.rule) {
    policy.factor = options.capacityFactor;
  } else {
    replay.factor = options.capacityFactor;
  }
  replay.serving.order = core::servingOrderFromName(options.order).value_or(core::ServingOrder::RankMajor);
  if (replay.serving.order == core::ServingOrder::Permuted) replay.serving.seed = options.seed;
  replay.serving.sequence = options.sequence;
  replay.serving.sequences = options.groupSequences;
  if (options.dropWeights) replay.dropWeights = core::dropWeightsFromName(*options.dropWeights);
  return replay;
}

std::string policyOptionsProblem(const std::string& name, const PolicyOptionsCli& options,
                                 const core::RouterConfig& router) {
  if (!options.weights) return {};
  const core::Policy policy = replayOptions(name, options, router).policy;
  const auto forms = core::weightForms(policy.kind);
  const auto has = [&](core::WeightForm form) { return core::weightFormName(form) == *options.weights; };
  if (std::any_of(forms.begin(), forms.end(), has)) return {};
  std::string known;
  for (const core::WeightForm form : forms)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", core::weightFormName(form));
  return fmt::format("--weights: {} {}, found {}", core::policyInfo(policy.kind).name,
                     known.empty() ? "has weights of its own" : "takes " + known, *options.weights);
}

}  // namespace app
