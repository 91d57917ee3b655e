// The angles of a rotary embedding kept between forward calls: cosines in double cost more than the rotation itself,
// and they depend on the position alone. Two scalings (dynamic, longrope) also look at the length of the sequence:
// their tables are made anew whenever it changes.
#pragma once

#include "core/engine/ops.h"

namespace core {

class RopeCache {
 public:
  // A table and the row in it that belongs to position `first`; T rows from there on. Valid until the next call.
  struct Rows {
    const ops::RopeTable* table = nullptr;
    int row = 0;
  };
  Rows rows(const RopeConfig& rope, int modelContext, int first, int T, int sequenceLength);

 private:
  ops::RopeTable m_table;
  int m_first = 0, m_count = 0;  // positions in it
  int m_sequence = 0;            // that it was made for, where that matters
};

}  // namespace core
