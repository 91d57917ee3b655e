#pragma once

#include "ui/instruments/look.h"
#include "ui/views/policies_view.h"

namespace ui {

// A small picture for each policy: experts downwards, their load to the right, the run's own load outlined. Pressing
// one chooses it: Element::Candidate, value the policy's number.
Scene makePoliciesScene(const PoliciesView& view, Size size, const Look& look);

}  // namespace ui
