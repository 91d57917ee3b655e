// Where the gradient of each loss would push the logits of the cursor's token in its layer, expert by expert; and how
// the weight of the cursor's expert hangs on them.
#pragma once

#include "core/trace/push.h"
#include "ui/views/source.h"

namespace ui {

// What a layer's losses push, worked out once for all of its tokens.
struct LayerPushes {
  int layer = -1;
  std::vector<core::LayerPush> all;  // empty: not there (yet)
  std::string whyNot;
};

struct PushColumn {
  std::string name;             // "z-loss"
  std::string hook;             // "push.z"
  std::string head, headShort;  // its value beside what it would be at best, or the unit
  std::string unit, meaning;
  std::string whyNot;         // nothing to show
  std::vector<double> value;  // (E)
  double largest = 0;         // of the whole layer, so that tokens can be compared; of the token for weights
};

struct PushRow {
  int expert = 0;
  int rank = -1;  // 0: first choice; -1: not chosen
};

struct PushView {
  PanelText panel;
  int layer = 0, token = 0, experts = 0, cursorExpert = 0;
  std::vector<int> chosen;  // in rank order
  std::vector<PushColumn> columns;
  std::string explains;  // which way is up
  Description description;
};

// `policy`: what decided the trace that is shown, where that is known; else why not.
PushView makePushView(const ViewSource& source, const LayerPushes& pushes, const core::Result<core::Policy>& policy,
                      const Cursor& cursor, const Phrases& say);

// "+3.1e−5": a push at its own size, 0 where there is none.
std::string pushText(double value);

}  // namespace ui
