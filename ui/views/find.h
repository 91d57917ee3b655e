// Looking for a place in a run: by a token's text or number, a choice (L3E12), a dropped choice, or a value past a
// limit (margin<0.01, surprisal>5).
#pragma once

#include <optional>
#include <string>

#include "ui/views/source.h"

namespace ui {

struct FindQuery {
  enum class Kind : uint8_t { Text, TokenId, Choice, Dropped, Margin, Surprisal } kind = Kind::Text;
  std::string text;             // Text: lower case
  int32_t id = -1;              // TokenId
  int layer = -1, expert = -1;  // Choice: -1 is any layer
  bool below = false;           // Margin, Surprisal
  double limit = 0;
};

// Words that are no query of another kind are looked for in the text. Empty: nothing to look for.
std::optional<FindQuery> parseFind(const std::string& text);

// Where a token answers the query, as a cursor to go to; other parts of the cursor stay.
std::optional<Cursor> findAt(const ViewSource& source, const FindQuery& query, int token, const Cursor& cursor);

// The first one after the cursor's token, then from the beginning on.
std::optional<Cursor> findNext(const ViewSource& source, const FindQuery& query, const Cursor& cursor);

}  // namespace ui
