// What a change of the routing did to a run: by position how far the prediction moved (KL) and what became of the
// surprisal; at the cursor the predictions before and after; where the routing of each layer parted.
#pragma once

#include "core/engine/intervened_run.h"
#include "ui/views/source.h"

namespace ui {

struct EffectBar {
  int token = 0;
  double kl = 0;                 // nats; not-a-number: not known
  double before = 0, after = 0;  // surprisal of the token that follows
  bool likeliestChanged = false;
};

struct EffectView {
  PanelText panel;
  std::vector<EffectBar> bars;  // from the first changed token on
  int length = 0, firstChanged = 0, cursorToken = 0, lastToken = 0;
  double highKl = 0, highSurprisal = 0;
  std::string label;     // what was changed, and why it began where it did
  std::string atToken;   // likeliest before and after, at the cursor or the last token
  std::string followed;  // target against distractor; empty: none is followed
  std::string parting;   // where each layer's routing parted
  Description description;
};

EffectView makeEffectView(const core::IntervenedRun* run, const ViewSource& source, const Cursor& cursor,
                          const Phrases& say);

}  // namespace ui
