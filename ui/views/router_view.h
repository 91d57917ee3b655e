// One token at one layer, expert by expert, through the five stages that are never mixed up: raw logit, score,
// selection score, rank, applied weight; and whether capacity took the choice away.
#pragma once

#include "ui/views/source.h"

namespace ui {

struct RouterRow {
  int expert = 0;
  float logit = 0;
  float score = 0;      // not-a-number: the family makes no score before the choice
  float selection = 0;  // what top-k saw; minus infinity: masked out (another group)
  int rank = -1;        // 0: first choice; -1: not chosen
  bool next = false;    // would have been chosen next
  bool dropped = false;
  float weight = 0;  // applied weight of a chosen expert
  int recordedRank = -1;  // under a replay: the rank the run gave it; -1: none
};

struct RouterView {
  PanelText panel;
  int layer = 0, token = 0, experts = 0, chosen = 0;
  int cursorExpert = 0;
  std::vector<RouterRow> rows;  // by expert number
  std::vector<int> order;       // experts from top to bottom
  bool byScore = false;         // this panel alone is sorted by score
  bool hasScores = false;
  bool equalSelection = false;  // selection is the score (or the logit) by definition: one column
  float logitLow = 0, logitHigh = 0;
  float scoreHigh = 0, selectionLow = 0, selectionHigh = 0, weightHigh = 0;
  double uniform = 0;  // score of a router without a preference; not-a-number: none
  float kth = 0;       // the last selection score that was chosen
  float margin = 0;    // not-a-number: every expert is chosen
  int lastChosen = -1, firstNot = -1;
  bool close = false;  // margin under 0.01
  bool beside = false;  // a replay over its run: recordedRank is known
  std::string orderWord;
  Description description;
};

constexpr float kCloseMargin = 0.01f;

RouterView makeRouterView(const ViewSource& source, const Cursor& cursor, bool byScore, const Phrases& say);

}  // namespace ui
