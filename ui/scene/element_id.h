// What a primitive of a scene stands for, in 64 bits: the same thing has the same id in every frame and every painter.
#pragma once

#include <cstdint>
#include <optional>

namespace ui {

using SceneId = uint64_t;  // 0: nothing

enum class Instrument : uint8_t {
  None,
  TokenStrip,
  StageRail,
  Router,
  Dispatch,
  Load,
  LayersExperts,
  TokensExperts,
  Ledger,
  LedgerOverLayers,
  LoadByLayer,
  DropsByPosition,
  Prediction,
  Inspector,
  Compare,
  Lab,  // the pictures of the lab
  Placement,
  Measures,
  Coactivation,
  Count
};

enum class Element : uint8_t {
  None,
  Panel,  // the whole instrument
  Title,
  Token,      // a token of the strip
  Stage,      // value: the stage's number
  Sentence,   // what happened in the cursor's stage
  ExpertRow,  // row of one expert
  LayerMark,  // a layer's column or row head
  Cell,       // layer and expert, or token and expert
  Slot,       // a choice in Dispatch: token, expert; value: rank
  LoadBar,
  LedgerPart,  // value: column of the ledger hooks
  Candidate,   // value: place in the prediction
  Position,    // a bin of token positions; value: its number
  Overview,    // the strip's overview bar: the token that stands there. In Measures what is not in view: lines above
               // (token), and how many more may come to stand there (value)
  Action,      // value: an ui::Action
  Factor,      // value: a place on the slider of the capacity factor
  Fact,        // value: a core::MeasureKind in Measures; 0 in Placement: how it is worked out
  Pair,        // expert: the first of the row; value: number of the column; layer: experts a side of the cell
  Count
};

// What a click asks of the window; words and buttons inside instruments carry one.
enum class Action : uint8_t {
  None,
  OpenBundledModel,
  Open,
  WritePrompt,
  SamplePrompt,
  GoToNextRoutedLayer,
  RunAgainWithLedger,
  SimulateCapacity,
  Cancel,
  ChooseSecondRun,
  CompareCpuWithGpu,
  JumpToFirstDifference,
  ChangeLens,
  ChangeOrder,
  ChangeRange,
  ChangeScale,
  CopyTable,
  Generate1,
  Generate10,
  GenerateUntilStop,
  ChangeCapacity,  // opens where factor and rule are set
  ChangeRule,      // the list of rules
  ShowRecorded,    // the run itself instead of a replay of it
  OtherHeatMap,    // where the two share a place
  OtherLower,      // ledger or prediction, where they share one
  Count
};

struct ElementId {
  Instrument instrument = Instrument::None;
  Element element = Element::None;
  int token = -1;   // -1: not about one; up to 2^21 - 2
  int layer = -1;   // up to 1023
  int expert = -1;  // up to 4095
  int value = -1;   // up to 510

  friend bool operator==(const ElementId&, const ElementId&) = default;
  SceneId pack() const;
};

ElementId unpack(SceneId id);

}  // namespace ui
