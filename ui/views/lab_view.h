// The routing lab: what can be put in the router's place for the run that is shown, what it is called, and a table of
// what each try made of the run, over what an even or random router would give.
#pragma once

#include <optional>

#include "core/routing/policy.h"
#include "core/trace/replay.h"
#include "ui/views/source.h"

namespace ui {

struct LabPolicyChoice {
  core::PolicyKind kind = core::PolicyKind::TokenChoice;
  std::string name;    // as the golden files call it; the model's own is said so
  std::string says;    // one sentence
  std::string whyNot;  // locked, and why; empty: it can be chosen
  bool causal = true;
  core::Policy usual;  // as it begins on this model
};

// Which settings a policy reads; the others have nothing to do.
struct LabSettings {
  bool k = false, noise = false, threshold = false, groups = false, seed = false, jitter = false, lambda = false;
  bool weights = false, rounding = false, hash = false;
  int leastK = 1, mostK = 1;
  int experts = 1;
  int tokens = 0;  // of the run
};
LabSettings settingsOf(core::PolicyKind kind, int experts);

// Error: why a rule cannot be applied with k choices a token.
core::Status ruleFits(core::CapacityRule rule, int k, int experts);

// One thing that was tried.
struct LabTry {
  std::optional<core::ReplayOptions> change;  // none: the run as recorded; rule and factor stand in `capacity`
  core::CapacityOptions capacity;             // that was laid over it when it was measured
  core::ReplayMeasures measures;              // all layers together
};

struct LabRow {
  std::vector<std::string> cells;  // by LabView::columns
  bool current = false;
};

struct LabView {
  std::string whyNot;  // there is nothing to change here
  std::vector<LabPolicyChoice> policies;
  LabSettings settings;
  core::ReplayOptions options;  // what is shown, or the model's own
  std::string asIs;             // "as recorded", or as a replay was kept
  std::string name;             // "expert-choice, k 2 · gshard 1.0"
  std::string exactness;        // exact or simulated, in words
  std::string causality;        // and which tokens saw later ones
  std::string openLoop;         // what a replay is not; empty for the run itself
  std::vector<std::string> columns;
  std::vector<LabRow> tries, bounds;  // what was tried; then chance and minimum
  Description description;
};

struct LabInput {
  std::optional<core::ReplayOptions> change;  // asked for; none: as recorded
  std::vector<LabTry> tries;
  int current = -1;                          // in `tries`
  std::optional<std::vector<int>> sawLater;  // at the cursor's layer; none: not known (yet), or a causal policy
};

LabView makeLabView(const ViewSource& source, const core::Trace& recorded, const LabInput& input, const Cursor& cursor,
                    const Phrases& say);

// "expert-choice, k 2": a policy with what is not its usual; "as recorded" without one.
std::string changeWords(const std::optional<core::ReplayOptions>& change, const core::Trace& recorded,
                        const Phrases& say);
std::string capacityWords(const core::CapacityOptions& capacity, const Phrases& say);

}  // namespace ui
