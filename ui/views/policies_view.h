// All policies at once: what each would make of the load of a layer, as small pictures on one scale over the load of
// the run itself.
#pragma once

#include "core/routing/policy.h"
#include "core/trace/replay.h"
#include "ui/views/source.h"

namespace ui {

// What is kept of one policy's replay.
struct PolicyOutcome {
  core::PolicyKind kind = core::PolicyKind::TokenChoice;
  bool causal = true;
  std::string whyNot;                          // it could not be decided; nothing else is known
  std::vector<std::vector<int>> load;          // (L, E) choices; empty for layers without a router
  std::vector<core::ReplayMeasures> measures;  // by routed layer, all last
};
PolicyOutcome outcomeOf(core::PolicyKind kind, const core::Trace& recorded, const core::Trace& replayed);
std::vector<int> loadOf(const core::Trace& trace, int layer);  // (E) choices; empty: no router there

struct PolicyCell {
  core::PolicyKind kind = core::PolicyKind::TokenChoice;
  std::string name, numbers, brief;  // brief: the numbers alone, where there is little room
  bool causal = true, own = false;
  std::vector<int> load;  // (E)
};

struct PoliciesView {
  PanelText panel;
  int layer = 0, experts = 0, cursorExpert = 0, highest = 0;
  std::vector<PolicyCell> cells;
  std::vector<int> recorded;  // (E)
  std::string locked;         // names of those that cannot be decided
  Description description;
};

PoliciesView makePoliciesView(const std::vector<PolicyOutcome>& outcomes, const core::Trace& recorded,
                              const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
