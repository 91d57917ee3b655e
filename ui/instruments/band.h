// The expert band: instruments that stand side by side with the same rows. Each works out the rows from its own height,
// the number of experts and the cursor, so equal heights give equal rows.
#pragma once

#include <vector>

#include "ui/instruments/panel.h"

namespace ui {

struct BandRows {
  float top = 0;          // of the first visible row
  float height = 0;       // of a row
  int first = 0;          // row on top
  int count = 0;          // rows in view
  bool labelled = false;  // rows are high enough for text

  float y(int row) const { return top + static_cast<float>(row - first) * height; }
  float centre(int row) const { return y(row) + height / 2; }
  float bottom() const { return top + static_cast<float>(count) * height; }
  float footer = 0;  // centre of the footer's text
  bool visible(int row) const { return row >= first && row < first + count; }
  // Row under a height; -1: none.
  int at(float y) const;
};

// Rows of 11 to 28 px; fewer than 11 where there are many experts, down to 2; then the band scrolls around `cursorRow`.
// An instrument that stands alone may have rows of twice that, so that it fills the room it was given.
BandRows bandRows(int rows, float panelHeight, double textScale, int cursorRow, bool alone);

// Backgrounds of the rows (cursor, chosen, hover) and the hairlines after every fourth row; `expertOfRow` empty: rows
// are experts. Rows take the hover of the whole band.
struct BandState {
  int experts = 0;
  int cursorExpert = -1;
  std::vector<int> chosen;       // of the cursor's token, in rank order
  std::vector<int> expertOfRow;  // another order
  int expert(int row) const { return expertOfRow.empty() ? row : expertOfRow[static_cast<size_t>(row)]; }
  bool isChosen(int expert) const;
};
void paintBandRows(Panel& panel, const BandRows& rows, const BandState& state, bool hairlines);

// E08 at x; where rows are low only the cursor's, the chosen and every 8th, never overlapping.
void paintExpertLabels(Panel& panel, const BandRows& rows, const BandState& state, float x);

// Width that labels take: 36 px for two digits.
float expertLabelWidth(const Panel& panel, int experts);

// Chosen experts outside of the view are named at the start of the footer, with an arrow each way. Returns where the
// footer's own text may begin.
float paintOutOfView(Panel& panel, const BandRows& rows, const BandState& state, float x);

}  // namespace ui
