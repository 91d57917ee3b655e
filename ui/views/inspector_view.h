// Every recorded quantity at the cursor, a row each: what a table shows and what is copied.
#pragma once

#include "ui/views/source.h"

namespace ui {

struct InspectorRow {
  std::string quantity;  // "raw logit"
  std::string value;     // four decimals
  std::string full;      // full precision, for copying
  std::string unit;
  std::string hook;   // "router.logits"
  std::string shape;  // "(60, 16)"
  std::string meaning, formula;
  bool warns = false;  // dropped
  friend bool operator==(const InspectorRow&, const InspectorRow&) = default;
};

struct InspectorView {
  PanelText panel;
  std::vector<InspectorRow> rows;
  Description description;
};

InspectorView makeInspectorView(const ViewSource& source, const Cursor& cursor, const Phrases& say);

// Header and rows, tab separated, full precision; tabs and line ends inside of a value are spaces.
std::string inspectorTsv(const InspectorView& view, const Phrases& say);

}  // namespace ui
