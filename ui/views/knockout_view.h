// Which expert mattered for one prediction: every expert silenced in turn, the largest effects first, beside an expert
// drawn at random.
#pragma once

#include "core/engine/knockout.h"
#include "core/store/knockouts.h"
#include "ui/views/source.h"

namespace ui {

struct KnockoutRow {
  int layer = 0, expert = 0;
  int64_t uses = 0;
  double kl = 0, surprisal = 0, predicted = 0;
  bool above = false;  // past the interval of the random expert
};

struct KnockoutView {
  PanelText panel;
  std::vector<KnockoutRow> rows;  // used ones, by effect
  int experts = 0, unused = 0, token = 0;
  double high = 0;  // largest KL
  core::RandomControl control;
  std::string finding, about;  // who mattered; what was done
  int cursorLayer = 0, cursorExpert = 0;
  Description description;
};

KnockoutView makeKnockoutView(const core::StoredKnockout* sweep, const ViewSource& source, const Cursor& cursor,
                              const Phrases& say);

}  // namespace ui
