#include "core/engine/router_policy.h"

#include <fmt/format.h>

#include <algorithm>

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

std::string settingsText(const Policy& policy, const RouterConfig& router) {
  const Policy usual = defaultPolicy(policy.kind, router);
  std::string text;
  const auto add = [&](bool differs, const std::string& what) {
    if (differs) text += (text.empty() ? "" : ", ") + what;
  };
  add(policy.K != usual.K, fmt::format("k {}", policy.K));
  add(policy.temperature != usual.temperature, fmt::format("temperature {}", policy.temperature));
  add(!weightForms(policy.kind).empty() && weightFormOf(policy) != weightFormOf(usual),
      fmt::format("weights {}", weightFormName(weightFormOf(policy))));
  add(policy.scale != usual.scale, fmt::format("scale {}", policy.scale));
  add(policy.groups.groups != usual.groups.groups || policy.groups.groupsChosen != usual.groups.groupsChosen,
      fmt::format("{} of {} groups", policy.groups.groupsChosen, policy.groups.groups));
  add(policy.groups.score != usual.groups.score,
      policy.groups.score == GroupScore::Max ? "groups by their best" : "groups by their two best");
  add(policy.jitter != usual.jitter, fmt::format("jitter {}", policy.jitter));
  add(policy.lambda != usual.lambda, fmt::format("lambda {}", policy.lambda));
  add(policy.rounding != usual.rounding, policy.rounding == Rounding::Floor ? "rounded down" : "rounded up");
  add(policy.kind == PolicyKind::NoisyTopK,
      fmt::format("noise {}", policy.noise > 0 ? policy.noise : 1.0 / std::max(1, router.experts)));
  add(policy.kind == PolicyKind::TopP, fmt::format("threshold {}", policy.threshold));
  add(policy.kind == PolicyKind::Hash && policy.hash == HashRule::SplitMix, "splitmix");
  add(policy.kind == PolicyKind::Gumbel || policy.kind == PolicyKind::NoisyTopK ||
          policy.kind == PolicyKind::Reinforce || policy.hash == HashRule::SplitMix,
      fmt::format("seed {}", policy.seed));
  if (policy.factor) add(true, fmt::format("{} experts a token", *policy.factor));
  return text;
}

}  // namespace core
