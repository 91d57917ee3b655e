// What the model holds likely after the cursor's token, and the token that really followed.
#pragma once

#include "ui/views/source.h"
#include "ui/views/token_text.h"

namespace ui {

struct Candidate {
  int place = 0;  // 1 is the most likely; 0: below the ten, place unknown
  int32_t id = 0;
  TokenText text;
  double probability = 0;
  bool actual = false;
};

struct PredictionView {
  PanelText panel;
  int token = 0;
  std::vector<Candidate> rows;  // ten at most, and the actual token if it is below them
  double highest = 0;
  TokenText actualText;  // empty rest: the run ends here
  double surprisal = 0;  // nats, of the actual token; not-a-number: none
  double entropy = 0;    // nats
  Description description;
};

PredictionView makePredictionView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
