#include <algorithm>

#include "core/trace/replay.h"

namespace core {
namespace {

std::vector<int32_t> rowSet(const PolicyRouting& routing, int token) {
  const auto columns = static_cast<size_t>(routing.columns), at = static_cast<size_t>(token) * columns;
  std::vector<int32_t> set(routing.ids.begin() + static_cast<ptrdiff_t>(at),
                           routing.ids.begin() + static_cast<ptrdiff_t>(at + columns));
  std::erase(set, -1);
  std::sort(set.begin(), set.end());
  return set;
}

}  // namespace

Result<std::vector<int>> tokensThatSawLaterOnes(const Trace& recorded, const ReplayOptions& options, int layer) {
  std::vector<int> tokens;
  const int T = recorded.tokens(Stream::Layer, layer), E = recorded.config().router.experts;
  const Policy policy = onRecordedLogits(options.policy, recorded.config().router);
  if (policyInfo(policy.kind).causal) return tokens;
  if (T > kMostTokensLookedBack) {
    return fail("expected at most {} tokens to compare every beginning of the run, found {}", kMostTokensLookedBack, T);
  }
  PolicyInput input;
  input.E = E;
  input.layer = layer;
  for (const TokenRange& group : groupsOf(T, options.serving.groupSize(T))) {
    const std::vector<float> logits = recorded.gatherFloats(Hook::RouterLogits, layer, group.first, group.count);
    input.logits = logits;
    input.firstToken = group.first;
    TRY_ASSIGN(const PolicyRouting whole, routeBy(policy, input));
    for (int t = 0; t < group.count; ++t) {
      input.logits = std::span(logits).first(static_cast<size_t>(t + 1) * static_cast<size_t>(E));
      const Result<PolicyRouting> known = routeBy(policy, input);
      if (!known || rowSet(*known, t) != rowSet(whole, t)) tokens.push_back(group.first + t);
    }
  }
  return tokens;
}

}  // namespace core
