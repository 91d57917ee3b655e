// Who got a slot at each expert, in the order they were served, and who came too late.
#pragma once

#include "ui/views/source.h"

namespace ui {

struct SlotChoice {
  int token = 0;
  int rank = 0;
  bool changed = false;  // under a replay: the token did not choose this expert in the run
};

struct DispatchRow {
  int expert = 0;
  std::vector<SlotChoice> queue;  // by slot; from `capacity` on they came too late
};

struct DispatchView {
  PanelText panel;
  int layer = 0, experts = 0, chosen = 0, tokens = 0;
  int cursorToken = 0, cursorExpert = 0;
  std::vector<int> chosenNow;
  bool simulated = false;
  int capacity = 0;
  double factor = 1;
  std::vector<DispatchRow> rows;  // by expert
  int dropped = 0, choices = 0;
  core::Trace trace;            // texts of the tokens
  std::string ruleName;         // "gshard, first choices first"
  std::string capacityFormula;  // "⌈2 × 60 / 16⌉", the numbers in it
  std::string atCursor;         // the cursor's case, in words
  std::string aboutRule;        // what "simulated" or "exact" means here
  Description description;
};

// The slider of the capacity factor: places from 0.5 to 2.5. Factors outside stand at its ends.
constexpr double kFactorLeast = 0.5, kFactorMost = 2.5, kFactorStep = 0.025;
constexpr int kFactorPlaces = 81;
// What the drops that are shown mean: decided by the model's own rule, or by another one on its recorded choices.
std::string aboutCapacity(const ViewSource& source, const Phrases& say);

int placeOfFactor(double factor);
double factorAtPlace(int place);

DispatchView makeDispatchView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

// "⌈2 × 60 / 16 × 1.0⌉": the arithmetic of a capacity rule with its numbers.
std::string capacityFormula(const core::CapacityOptions& options, int tokens, int experts, int chosen);

// The k of that arithmetic: a replay may give some tokens more experts than k, and counts k.
int countedChoices(const ViewSource& source);

// What became of the cursor's choice of the cursor's expert, with the reason.
std::string capacityCase(const ViewSource& source, const Cursor& cursor, const Phrases& say);

// Choices of the cursor's expert in slot order, for a layer with a capacity rule, among the tokens that queue together
// with the cursor's.
std::vector<SlotChoice> queueOf(const ViewSource& source, const Cursor& cursor);

}  // namespace ui
