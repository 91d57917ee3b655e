// Which experts are chosen together in the layer at the cursor: P(j | i) = N_ij / n_i for all pairs, i the row and j
// the column. It is not symmetric: a rare expert may always come with a common one. Every choice counts, dropped or
// not.
#pragma once

#include "ui/views/layer_measures.h"

namespace ui {

struct CoactivationView {
  PanelText panel;
  int layer = 0, experts = 0, cursorExpert = 0;
  std::vector<int> chosenNow;                     // of the cursor's token
  std::shared_ptr<const LayerMeasures> measured;  // null: on its way, or there is a notice
  Description description;
};

// What one cell of the picture says: `side` experts each way, fewer at the end. A pair of an expert with itself is
// none.
struct PairBlock {
  int firstRow = 0, lastRow = 0, firstColumn = 0, lastColumn = 0;  // experts, both included
  int64_t both = 0;                                                // tokens with both, summed over the pairs
  int64_t of = 0;      // tokens of the row's expert, summed over the pairs; 0: no token, or an expert with itself
  ExpertPair highest;  // of these pairs, by rate; `of` 0: there is none
  double rate() const { return static_cast<double>(both) / static_cast<double>(of); }  // NaN where `of` is 0
};
PairBlock pairBlock(const LayerMeasures& measured, int firstRow, int firstColumn, int side);

CoactivationView makeCoactivationView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

// A cell in a few lines, counts first; empty where there is none.
std::vector<std::string> pairTip(const ViewSource& source, const Cursor& cursor, int firstRow, int firstColumn,
                                 int side, const Phrases& say);

}  // namespace ui
