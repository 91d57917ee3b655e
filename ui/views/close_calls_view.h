// Decisions that were close: what a rounding of the router, or another wording of the text, would flip.
#pragma once

#include <optional>

#include "core/engine/close_calls.h"
#include "ui/views/source.h"

namespace ui {

// What was looked for, and what was found.
struct CloseCallsFound {
  std::optional<core::RouterRounding> rounding;  // none: a paraphrase beside
  core::CloseCalls calls;
  int tokens = 0;  // of the run that the paraphrase has as well
};

// Decisions at tokens that stand in both texts (aligned) and differ; layers with routers alone.
CloseCallsFound callsBeside(const core::Trace& run, const core::Trace& paraphrase);

struct CloseRow {
  int layer = 0, token = 0, expert = 0;  // expert: the first that would not be chosen any more
  std::vector<std::string> cells;        // by CloseCallsView::columns
};

struct CloseCallsView {
  std::string finding;
  std::vector<std::string> columns;
  std::vector<CloseRow> rows;  // by layer, token
  Description description;
};

CloseCallsView makeCloseCallsView(const CloseCallsFound* found, const ViewSource& source, const Phrases& say);

}  // namespace ui
