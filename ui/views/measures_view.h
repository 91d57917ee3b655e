// Every measure of the routing in the layer at the cursor, beside an even router and its bound
// (core/trace/routing_measures.h).
#pragma once

#include "core/trace/routing_measures.h"
#include "ui/views/source.h"

namespace ui {

struct MeasureRow {
  core::MeasureKind kind = core::MeasureKind::Count;
  std::string name, value, even, bound;  // even and bound may be empty: there is none
  std::string what;                      // in words, with its formula
};

struct MeasureGroup {
  std::string title;
  std::vector<MeasureRow> rows;
};

struct MeasuresView {
  PanelText panel;
  std::vector<MeasureGroup> groups;
  bool computing = false;  // names are there, values are on their way
  Description description;
};

// The measure in words, with its numbers: name first. Empty: the layer has none of that kind.
std::vector<std::string> measureTip(const ViewSource& source, const Cursor& cursor, core::MeasureKind kind,
                                    const Phrases& say);

MeasuresView makeMeasuresView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

}  // namespace ui
