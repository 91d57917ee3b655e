// Where the capacity rule is set: the rules there are, what each makes of this run, and what the shown one drops.
#pragma once

#include "ui/views/source.h"

namespace ui {

struct CapacityRuleChoice {
  core::CapacityRule rule = core::CapacityRule::Gshard;
  std::string name;        // "gshard"
  std::string arithmetic;  // "⌈2 × 60 / 16 × 1.0⌉ = 8 slots"
  std::string count;       // "8 slots", or that it does not fit
  std::string whyNot;      // why it does not fit this model; empty: it does
};

struct CapacityView {
  std::string whyNot;  // why nothing can be set here; empty: it can
  core::CapacityOptions options;
  std::vector<CapacityRuleChoice> rules;
  std::string label;       // "simulated", "exact" or "no capacity rule"
  std::string about;       // what the label means
  std::string arithmetic;  // of the rule that acts
  std::string here;        // "14 of 120 dropped at L3"
  std::string everywhere;  // "80 of 720 in all layers"
  std::string atCursor;
};

CapacityView makeCapacityView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
