#include "core/engine/router_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/routing/policy_reads.h"

namespace core {
namespace {

bool renormalises(const RouterConfig& router) {
  return router.weights == WeightForm::Renorm || router.weights == WeightForm::SigmoidRenorm ||
         router.weights == WeightForm::SoftmaxTopK;
}

PolicyKind kindOf(const RouterConfig& router) {
  if (router.score == ScoreFunction::SparseMixer) return PolicyKind::SparseMixer;
  if (router.selectionBias || router.groups > 1) return PolicyKind::GroupedTopK;
  if (router.logitNorm > 0) return PolicyKind::NormedLogits;
  return router.weights == WeightForm::Sigmoid ? PolicyKind::SigmoidTopK : PolicyKind::TokenChoice;
}

}  // namespace

Policy policyOf(const RouterConfig& router) {
  Policy policy;
  policy.kind = kindOf(router);
  policy.K = router.chosen;
  policy.weights = router.weights;
  policy.scale = router.scale;
  policy.sigmoid = router.score == ScoreFunction::Sigmoid;
  policy.renorm = renormalises(router);
  policy.groups = {router.groups, router.groupsChosen, router.groupScore};
  policy.jitter = router.sparseMixerJitter;
  policy.lambda = router.logitNorm > 0 ? router.logitNorm : 1;
  return policy;
}

Policy defaultPolicy(PolicyKind kind, const RouterConfig& router) {
  Policy policy = policyOf(router);
  if (policy.kind == kind) return policy;
  const bool isSoftmaxForm = policy.kind == PolicyKind::TokenChoice || policy.kind == PolicyKind::NormedLogits;
  policy.kind = kind;
  if (kind == PolicyKind::SparseMixer) policy.K = 2;
  if (kind == PolicyKind::BalancedAssignment) policy.K = 1;
  if (kind == PolicyKind::NormedLogits) policy.weights = WeightForm::Renorm;
  if (kind == PolicyKind::TokenChoice && !isSoftmaxForm) {
    policy.weights = policy.renorm ? WeightForm::Renorm : WeightForm::Raw;
  }
  return policy;
}

std::string policyLock(PolicyKind kind, const RouterConfig& router) {
  if (kind == PolicyKind::ExpertAttention && router.attentionLogits) return {};
  return std::string(policyInfo(kind).locked);
}

Policy onRecordedLogits(const Policy& policy, const RouterConfig& router) {
  Policy routed = policy;
  if (policy.kind == PolicyKind::ExpertAttention && router.attentionLogits) routed.kind = PolicyKind::TokenChoice;
  return routed;
}

std::string settingsText(const Policy& asked, const RouterConfig& router) {
  const Policy policy = onRecordedLogits(asked, router), usual = defaultPolicy(policy.kind, router);
  std::string text;
  const auto add = [&](PolicySetting setting, bool differs, const std::string& what) {
    if (differs && readsSetting(policy, setting)) text += (text.empty() ? "" : ", ") + what;
  };
  // Where the choice does not read k, slots are still counted for it.
  if (policy.K != usual.K && !policy.factor) text = fmt::format("k {}", policy.K);
  using S = PolicySetting;
  add(S::Temperature, policy.temperature != usual.temperature, fmt::format("temperature {}", policy.temperature));
  add(S::Weights, weightFormOf(policy) != weightFormOf(usual),
      fmt::format("weights {}", weightFormName(weightFormOf(policy))));
  add(S::Scale, policy.scale != usual.scale, fmt::format("scale {}", policy.scale));
  add(S::Groups, policy.groups.groups != usual.groups.groups || policy.groups.groupsChosen != usual.groups.groupsChosen,
      fmt::format("{} of {} groups", policy.groups.groupsChosen, policy.groups.groups));
  add(S::GroupScore, policy.groups.score != usual.groups.score,
      policy.groups.score == GroupScore::Max ? "groups by their best" : "groups by their two best");
  add(S::Jitter, policy.jitter != usual.jitter, fmt::format("jitter {}", policy.jitter));
  add(S::Lambda, policy.lambda != usual.lambda, fmt::format("lambda {}", policy.lambda));
  add(S::Rounding, policy.rounding != usual.rounding,
      policy.rounding == Rounding::Floor ? "rounded down" : "rounded up");
  add(S::Noise, true, fmt::format("noise {}", policy.noise > 0 ? policy.noise : 1.0 / std::max(1, router.experts)));
  add(S::Threshold, true, fmt::format("threshold {}", policy.threshold));
  add(S::Hash, policy.hash == HashRule::SplitMix, "splitmix");
  add(S::Seed, true, fmt::format("seed {}", policy.seed));
  if (policy.factor) {
    add(S::Factor, true, fmt::format("{} expert{} a token", *policy.factor, *policy.factor == 1 ? "" : "s"));
  }
  return text;
}

}  // namespace core
