// "You are here": one token, one layer, one expert, one of the seven stages. Every instrument shows it, every movement
// goes through these functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/trace/trace.h"

namespace ui {

enum class Stage : uint8_t { Logits, Scores, Choice, Capacity, Experts, Combine, Result, Count };
constexpr int kStages = static_cast<int>(Stage::Count);

struct Cursor {
  int token = 0;
  int layer = 0;
  int expert = 0;
  Stage stage = Stage::Logits;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// How far a cursor can go.
struct CursorSpace {
  int tokens = 0, layers = 0, experts = 0;
};
CursorSpace cursorSpace(const core::Trace& trace);  // all zero for an empty trace

// The nearest cursor inside; 0 where there is nothing.
Cursor clamped(Cursor cursor, const CursorSpace& space);

Cursor movedToken(Cursor cursor, int by, const CursorSpace& space);
Cursor movedLayer(Cursor cursor, int by, const CursorSpace& space);
Cursor movedExpert(Cursor cursor, int by, const CursorSpace& space);
Cursor movedStage(Cursor cursor, int by);

// The layer with a router at or after `layer`, else the last one before it; -1: the model has none.
int nextRoutedLayer(const core::ModelConfig& config, int layer);

}  // namespace ui
