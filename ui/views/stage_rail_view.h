// The seven stages of one token in one layer, each with this token's number, and one sentence: what happened here, and
// why.
#pragma once

#include <array>

#include "ui/views/source.h"

namespace ui {

struct StageCell {
  std::string name;    // "logits"
  std::string number;  // "max −1.59"
  bool warns = false;  // something was dropped here
};

struct StageRailView {
  std::array<StageCell, kStages> cells;
  Stage stage = Stage::Logits;
  std::string sentence;  // of the current stage
  bool ready = false;    // there is a run and this layer has a router
  Description description;
};

StageRailView makeStageRailView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
