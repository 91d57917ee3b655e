// The run as text: every token with what the lens shows of it.
#pragma once

#include "ui/views/source.h"

namespace ui {

enum class Lens : uint8_t {
  FirstExpert,  // number and hue of the first choice at the cursor's layer
  Surprisal,
  Entropy,
  Margin,
  Weight,
  SharedShare,
  Dropped,  // choices without a slot in all layers; like those before it one number a token, by the sequential map
};

struct StripToken {
  int expert = -1;      // first choice, lens FirstExpert
  float value = 0;      // other lenses; not-a-number: not known
  float level = -1;     // 0 to 1 for the sequential map; -1: not known
  uint8_t dropped = 0;  // choices at the cursor's layer without a slot
  bool bookmarked = false;
  bool changed = false;  // under a replay: another set of experts than in the run, at the cursor's layer
};

struct TokenStripView {
  PanelText panel;
  Lens lens = Lens::FirstExpert;
  int layer = 0;
  int cursor = 0;
  int experts = 0;
  int prompt = 0;                                                   // tokens before the line
  int rangeFirst = -1, rangeLast = -1;                              // a chosen range, both included
  int scrolledTo = -1;                                              // as in the options
  core::Trace trace;                                                // texts are read from it as they come into view
  std::vector<StripToken> tokens;                                   // (length)
  std::string promptWord, generatedWord, droppedWord, changedWord;  // legend; empty: none
  Description description;
};

struct TokenStripOptions {
  Lens lens = Lens::FirstExpert;
  std::vector<int> bookmarks;  // tokens
  int scrolledTo = -1;         // the first token in view; -1: the strip follows the cursor
  int rangeFirst = -1, rangeLast = -1;
};

TokenStripView makeTokenStripView(const ViewSource& source, const Cursor& cursor, const TokenStripOptions& options,
                                  const Phrases& say);

// What stands below a token under the lens: "06", "4.3".
std::string lensText(const TokenStripView& view, int token);

}  // namespace ui
