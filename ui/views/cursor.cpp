#include "ui/views/cursor.h"

#include <algorithm>

namespace ui {
namespace {

int within(int64_t value, int count) { return static_cast<int>(std::clamp<int64_t>(value, 0, std::max(0, count - 1))); }

}  // namespace

CursorSpace cursorSpace(const core::Trace& trace) {
  if (trace.empty()) return {};
  return {trace.length(), trace.config().layers, trace.config().router.experts};
}

Cursor clamped(Cursor cursor, const CursorSpace& space) {
  cursor.token = within(cursor.token, space.tokens);
  cursor.layer = within(cursor.layer, space.layers);
  cursor.expert = within(cursor.expert, space.experts);
  cursor.stage = static_cast<Stage>(within(static_cast<int>(cursor.stage), kStages));
  return cursor;
}

Cursor movedToken(Cursor cursor, int by, const CursorSpace& space) {
  cursor.token = within(int64_t{cursor.token} + by, space.tokens);
  return cursor;
}

Cursor movedLayer(Cursor cursor, int by, const CursorSpace& space) {
  cursor.layer = within(int64_t{cursor.layer} + by, space.layers);
  return cursor;
}

Cursor movedExpert(Cursor cursor, int by, const CursorSpace& space) {
  cursor.expert = within(int64_t{cursor.expert} + by, space.experts);
  return cursor;
}

Cursor movedStage(Cursor cursor, int by) {
  cursor.stage = static_cast<Stage>(within(int64_t{static_cast<int>(cursor.stage)} + by, kStages));
  return cursor;
}

int nextRoutedLayer(const core::ModelConfig& config, int layer) {
  const int count = static_cast<int>(config.layer.size());
  for (int l = std::max(0, layer); l < count; ++l) {
    if (config.layer[static_cast<size_t>(l)].moe) return l;
  }
  for (int l = std::min(layer, count) - 1; l >= 0; --l) {
    if (config.layer[static_cast<size_t>(l)].moe) return l;
  }
  return -1;
}

}  // namespace ui
