// Two runs side by side: where their tokens meet, how far their routing agrees there, and what differs at the cursor.
#pragma once

#include "core/routing/agreement.h"
#include "ui/views/align.h"
#include "ui/views/prediction_view.h"
#include "ui/views/router_view.h"
#include "ui/views/source.h"

namespace ui {

struct ComparedCandidate {
  TokenText text;
  double a = 0, b = 0;  // probabilities; below the ten: the tenth's, as an upper bound
  bool aBelow = false, bBelow = false;
};

struct CompareView {
  PanelText panel;
  std::string nameA, nameB, tokensA, tokensB;
  ViewSource a, b;
  std::vector<AlignedPair> pairs;
  int column = 0;  // of the cursor
  int layer = 0, layers = 0, experts = 0, chosen = 0;
  bool sameModel = true;
  std::vector<std::vector<int8_t>> shared;  // (L, columns) chosen experts in common; -1: a gap or nothing recorded
  std::vector<double> alike;                // (L) share of the choices of aligned tokens that are the same
  std::vector<core::Agreement> agreement;   // (L) of the tokens that both have, beside chance
  std::vector<core::LoadDivergence> loads;  // (L) of all tokens of either run
  std::string agreementSentence;            // in the layer at the cursor; empty: nothing to compare
  int partColumn = -1, partLayer = -1;
  std::string partSentence;
  RouterView routerA, routerB;  // at the cursor; with a notice where the token has no partner
  double jensenShannon = 0;     // nats, of the two score distributions; not-a-number: unknown
  bool anyDropped = false;
  std::vector<ComparedCandidate> candidates;
  Description description;
};

// What holds for two runs wherever the cursor is: worked out once for a pair of traces.
struct CompareMemo {
  core::Trace a, b;  // both empty: of none
  std::vector<AlignedPair> pairs;
  std::vector<std::vector<int8_t>> shared;
  std::vector<double> alike;
  std::vector<core::Agreement> agreement;
  std::vector<core::LoadDivergence> loads;
  int partColumn = -1, partLayer = -1;
};

// The same choices of the same tokens; capacity laid over them, and what was made of them, may be others.
bool sameRouting(const core::Trace& one, const core::Trace& other);
bool isComparisonOf(const CompareMemo& memo, const core::Trace& a, const core::Trace& b);
// Takes no longer than a frame may.
bool comparesQuickly(const core::Trace& a, const core::Trace& b);
CompareMemo compareRuns(const core::Trace& a, const core::Trace& b);  // reads the traces alone: on any thread

// The cursor is A's: token, layer, expert. `memo` may be null; the same one is handed in for the next cursor.
CompareView makeCompareView(const ViewSource& a, const std::string& nameA, const ViewSource& b,
                            const std::string& nameB, const Cursor& cursor, const Phrases& say,
                            CompareMemo* memo = nullptr);
CompareView makeEmptyCompareView(const Phrases& say);  // one run: pick a second one
CompareView makeComparingView(const Phrases& say);     // two runs that are being compared

// Where "Jump" goes: the first parting, as a cursor in A; the cursor itself where there is none.
Cursor firstParting(const CompareView& view, const Cursor& cursor);

}  // namespace ui
