#include <fmt/format.h>

#include "core/routing/logit_norm.h"
#include "core/routing/soft_top_k.h"
#include "core/routing/weights.h"
#include "core/trace/push.h"
#include "core/trace/replay.h"

namespace core {
namespace {

// The form in which a policy's weights are made from logits, choices held fixed; none: another way, see below.
std::optional<WeightForm> formOf(const Policy& policy) {
  switch (policy.kind) {
    case PolicyKind::TokenChoice:
    case PolicyKind::NormedLogits:
    case PolicyKind::GroupedTopK:
    case PolicyKind::GlobalChoice:
      return weightFormOf(policy);
    case PolicyKind::SigmoidTopK:
    case PolicyKind::BalancedAssignment:
      return WeightForm::Sigmoid;
    case PolicyKind::Gumbel:
    case PolicyKind::NoisyTopK:
      return WeightForm::SoftmaxTopK;
    case PolicyKind::Sinkhorn:
      return policy.K == 1 ? WeightForm::Sigmoid : WeightForm::Raw;
    // The straight-through weight is 1 / k and has the gradient of the softmax.
    case PolicyKind::ExpertChoice:
    case PolicyKind::TopP:
    case PolicyKind::Reinforce:
    case PolicyKind::StraightThrough:
      return WeightForm::Raw;
    default:
      return std::nullopt;
  }
}

bool isScaled(PolicyKind kind) {
  return kind == PolicyKind::TokenChoice || kind == PolicyKind::GroupedTopK || kind == PolicyKind::SigmoidTopK ||
         kind == PolicyKind::NormedLogits;
}

// Adds the derivative of the weight of choice `rank` by the (cooled) logits.
Status addWeightGradient(const Policy& policy, std::span<const double> logits, std::span<const int32_t> ids,
                         size_t rank, std::span<double> gradient) {
  const int E = static_cast<int>(logits.size()), K = static_cast<int>(ids.size());
  std::vector<double> one(ids.size());
  one[rank] = 1;
  if (const auto form = formOf(policy)) {
    const double scale = isScaled(policy.kind) ? policy.scale : 1.0;
    if (policy.kind != PolicyKind::NormedLogits) {
      chosenWeightsBackward<double>(*form, scale, logits, E, ids, K, one, gradient);
      return {};
    }
    std::vector<double> normed(logits.size()), gradNormed(logits.size());
    normaliseLogits<double>(logits, E, policy.lambda, policy.ddof, normed);
    chosenWeightsBackward<double>(*form, scale, normed, E, ids, K, one, gradNormed);
    normaliseLogitsBackward<double>(logits, E, policy.lambda, policy.ddof, gradNormed, gradient);
    return {};
  }
  const auto mine = static_cast<size_t>(ids[rank]);
  if (policy.kind == PolicyKind::Hash) return {};  // a constant
  if (policy.kind == PolicyKind::Relu) {
    gradient[mine] += logits[mine] > 0 ? 1 : 0;
    return {};
  }
  if (policy.kind == PolicyKind::DifferentiableTopK) {
    SoftTopKOptions<double> options;
    options.wanted = wantedEntries<double>(policy.K, static_cast<double>(kSoftTopKRatio), E);
    std::vector<double> gradSoft(logits.size());
    gradSoft[mine] = 1;
    softTopKBackwardRow<double>(logits, options, gradSoft, gradient);
    return {};
  }
  return fail("{}: its estimator draws experts again in training, so a recorded choice has no analytic gradient",
              policyInfo(policy.kind).name);
}

}  // namespace

Result<std::vector<double>> weightPush(const Trace& trace, const Policy& asked, int layer, int token, int rank) {
  const Policy policy = onRecordedLogits(asked, trace.config().router);
  const bool noisy = policy.kind == PolicyKind::NoisyTopK;  // its weights are made from the noisy logits
  const auto logits = trace.floats(noisy ? Hook::RouterSelection : Hook::RouterLogits, layer, token);
  const auto row = trace.ints(Hook::RouterIds, layer, token);
  std::vector<int32_t> ids(row.begin(), row.end());
  std::erase(ids, -1);
  if (logits.empty() || rank < 0 || static_cast<size_t>(rank) >= ids.size()) {
    return fail("layer {}, token {}: there is no choice {}", layer, token, rank);
  }
  // A replay's settings are made by replaySettings(), which names the form last.
  const std::optional<ReplayOrigin>& replay = trace.info().replay;
  if (replay && replay->settings.find("drop-weights") != std::string::npos) {
    return fail("{}: weights were made anew after drops, so that they hang on who was dropped as well; replay without",
                replay->settings);
  }
  const double heat = noisy ? 1.0 : policy.temperature;  // the noisy ones are cooled already
  std::vector<double> cooled(logits.begin(), logits.end()), gradient(logits.size());
  for (double& logit : cooled) logit /= heat;
  TRY_STATUS(addWeightGradient(policy, cooled, ids, static_cast<size_t>(rank), gradient));
  for (double& value : gradient) value /= policy.temperature;
  return gradient;
}

Result<Policy> policyBehind(const Trace& trace) {
  const RouterConfig router = routerOfRun(trace);
  const std::optional<ReplayOrigin>& replay = trace.info().replay;
  if (!replay && !trace.info().interventions.empty()) {
    return fail("the routing of this run was changed: who chose for which token is known there, not here");
  }
  if (!replay) return policyOf(router);
  const auto kind = policyNamed(replay->policy);
  if (!kind) return fail("{}: this replay's policy is not known here", replay->policy);
  ReplayOptions usual = replayBy(defaultPolicy(*kind, router));
  usual.policy.K = replay->k;
  usual.serving = replay->serving;
  using Drops = std::optional<DropWeights>;
  for (const Drops& form : {Drops(), Drops(DropWeights::Before), Drops(DropWeights::After), Drops(DropWeights::Raw)}) {
    usual.dropWeights = form;
    if (replaySettings(usual, router) == replay->settings) return usual.policy;
  }
  return fail("{}, {}: what of this its weights depend on is known where it is tried, not where it is kept",
              replay->policy, replay->settings);
}

}  // namespace core
