// What a model's router is among the policies of core/routing/policy.h.
#pragma once

#include <string>

#include "core/model/config.h"
#include "core/routing/policy.h"

namespace core {

// The policy that a router is: what replays it as it was.
Policy policyOf(const RouterConfig& router);
// A policy with this router's k, weights and groups wherever it has such, else its own usual ones.
Policy defaultPolicy(PolicyKind kind, const RouterConfig& router);
// Why a run of this router cannot be decided again by a policy; empty: it can. A run of a router that attends over its
// experts holds the logits that attention made.
std::string policyLock(PolicyKind kind, const RouterConfig& router);
// The policy as it is computed from the logits of this router: token choice for an attention over experts it has
// itself.
Policy onRecordedLogits(const Policy& policy, const RouterConfig& router);
// "k 2, temperature 0.5": what of a policy's settings differs from defaultPolicy, of those that it reads; empty:
// nothing.
std::string settingsText(const Policy& policy, const RouterConfig& router);

}  // namespace core
