// How the cursor moves.
#include "app/workbench.h"
#include "core/trace/second_router.h"

namespace app {

void Workbench::setCursor(ui::Cursor cursor) {
  cursor = ui::clamped(cursor, ui::cursorSpace(m_source.trace));
  if (cursor == m_cursor) return;
  m_cursor = cursor;
  if (m_runId && m_activity != Activity::OpeningRun) m_cursorSaver.start();
  emit cursorMoved();
}

// Whoever moves takes over from what the program would have done by itself.
void Workbench::moveTo(const ui::Cursor& cursor) {
  m_place = false;
  m_follow = m_activity == Activity::Generating && cursor.token >= trace().length() - 1;
  setCursor(cursor);
}

void Workbench::moveToToken(int token) {
  ui::Cursor cursor = m_cursor;
  cursor.token = token;
  moveTo(cursor);
}

void Workbench::stepToken(int by) { moveTo(ui::movedToken(m_cursor, by, ui::cursorSpace(m_source.trace))); }
void Workbench::stepLayer(int by) { moveTo(ui::movedLayer(m_cursor, by, ui::cursorSpace(m_source.trace))); }
void Workbench::stepExpert(int by) { moveTo(ui::movedExpert(m_cursor, by, ui::cursorSpace(m_source.trace))); }
void Workbench::stepStage(int by) { moveTo(ui::movedStage(m_cursor, by)); }

bool Workbench::hasAttentionRouter() const { return !trace().empty() && core::hasAttentionRouter(trace().config()); }

void Workbench::showAttention(bool shown) {
  if (shown == m_wantsAttention) return;
  m_wantsAttention = shown;
  showTrace(m_recorded);
  // The cursor stands on what the other router chose first.
  ui::Cursor cursor = m_cursor;
  const std::vector<int> chosen = m_source.chosenAt(cursor.layer, cursor.token);
  if (!chosen.empty()) cursor.expert = chosen.front();
  setCursor(cursor);
}

bool Workbench::moveToFirstDropped() {
  for (int token = 0; token < trace().length(); ++token) {
    for (int layer = 0; layer < m_source.layers(); ++layer) {
      const std::vector<int> chosen = m_source.chosenAt(layer, token);
      for (int rank = 0; rank < static_cast<int>(chosen.size()); ++rank) {
        if (m_source.keptAt(layer, token, rank) != 0) continue;
        setCursor({token, layer, chosen[static_cast<size_t>(rank)], ui::Stage::Capacity});
        return true;
      }
    }
  }
  return false;
}

}  // namespace app
