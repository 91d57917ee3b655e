#include "app/cursor_history.h"

#include <cstdlib>

namespace app {
namespace {

constexpr size_t kMostPlaces = 200;

bool isStep(const ui::Cursor& a, const ui::Cursor& b) {
  return std::abs(a.token - b.token) <= 1 && std::abs(a.layer - b.layer) <= 1;
}

}  // namespace

CursorHistory::CursorHistory(Workbench& workbench) : m_workbench(workbench) {
  connect(&workbench, &Workbench::cursorMoved, this, &CursorHistory::note);
}

void CursorHistory::note() {
  if (m_workbench.trace().empty()) return;
  const Place place{m_workbench.runId(), m_workbench.cursor()};
  if (m_going) {
    m_going = m_workbench.activity() == Workbench::Activity::OpeningRun;
    return;
  }
  if (m_at < m_places.size() && m_places[m_at].run == place.run && m_places[m_at].cursor == place.cursor) return;
  const bool follows = m_at < m_places.size() && m_places[m_at].run == place.run;
  if (follows && m_at + 1 == m_places.size() && isStep(m_places[m_at].cursor, place.cursor)) {
    m_places[m_at] = place;
    return;
  }
  if (!m_places.empty()) m_places.resize(m_at + 1);
  m_places.push_back(place);
  if (m_places.size() > kMostPlaces) m_places.erase(m_places.begin());
  m_at = m_places.size() - 1;
  emit changed();
}

void CursorHistory::back() {
  if (canGoBack()) go(m_at - 1);
}

void CursorHistory::forward() {
  if (canGoForward()) go(m_at + 1);
}

void CursorHistory::go(size_t place) {
  m_at = place;
  const Place& wanted = m_places[place];
  m_going = true;
  if (wanted.run && wanted.run != m_workbench.runId()) {
    m_workbench.openRun(*wanted.run, wanted.cursor);
  } else {
    m_workbench.moveTo(wanted.cursor);
    m_going = false;
  }
  emit changed();
}

}  // namespace app
