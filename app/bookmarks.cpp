#include "app/bookmarks.h"

#include <algorithm>
#include <tuple>

namespace app {
namespace {

auto order(const core::StoredCursor& at) { return std::tie(at.token, at.layer, at.expert, at.stage); }

}  // namespace

core::StoredCursor storedCursor(const ui::Cursor& cursor) {
  return {cursor.token, cursor.layer, cursor.expert, static_cast<int>(cursor.stage)};
}

ui::Cursor cursorOf(const core::StoredCursor& stored) {
  return {stored.token, stored.layer, std::max(0, stored.expert),
          static_cast<ui::Stage>(std::clamp(stored.stage, 0, ui::kStages - 1))};
}

Bookmarks::Bookmarks(Workbench& workbench) : m_workbench(workbench) {
  connect(&workbench, &Workbench::traceChanged, this, &Bookmarks::load);
  connect(&workbench, &Workbench::sessionsChanged, this, &Bookmarks::load);
}

void Bookmarks::load() {
  if (m_workbench.runId() == m_run) return;
  m_run = m_workbench.runId();
  m_list.clear();
  emit changed();
  if (!m_run) return;
  m_workbench.askStore("bookmarks", this, [this, run = *m_run](core::SessionStore& store) -> Workbench::Answer {
    auto found = store.bookmarks(run);
    if (!found) return {};
    return [this, run, list = std::move(*found)] {
      if (m_run != run) return;
      for (const core::Bookmark& bookmark : list) put(bookmark);
      emit changed();
    };
  });
}

const core::Bookmark* Bookmarks::at(const ui::Cursor& cursor) const {
  const core::StoredCursor wanted = storedCursor(cursor);
  const auto found = std::find_if(m_list.begin(), m_list.end(), [&](const auto& mark) { return mark.at == wanted; });
  return found == m_list.end() ? nullptr : &*found;
}

std::vector<int> Bookmarks::tokens() const {
  std::vector<int> tokens;
  for (const core::Bookmark& bookmark : m_list) tokens.push_back(bookmark.at.token);
  return tokens;
}

void Bookmarks::put(const core::Bookmark& bookmark) {
  const auto place = std::lower_bound(m_list.begin(), m_list.end(), bookmark,
                                      [](const auto& a, const auto& b) { return order(a.at) < order(b.at); });
  if (place != m_list.end() && place->at == bookmark.at) {
    *place = bookmark;
  } else {
    m_list.insert(place, bookmark);
  }
}

void Bookmarks::set(core::RunId run, const core::Bookmark& bookmark) {
  if (run == m_run) {
    put(bookmark);
    emit changed();
  }
  m_workbench.askStore("", this, [this, run, bookmark](core::SessionStore& store) -> Workbench::Answer {
    const core::Status saved = store.setBookmark(run, bookmark);
    if (saved) return {};
    return [this, text = QString::fromStdString(saved.error().message)] { emit m_workbench.noted(text); };
  });
}

void Bookmarks::clear(core::RunId run, const core::StoredCursor& at) {
  if (run == m_run) {
    std::erase_if(m_list, [&](const core::Bookmark& bookmark) { return bookmark.at == at; });
    emit changed();
  }
  m_workbench.askStore("", this, [this, run, at](core::SessionStore& store) -> Workbench::Answer {
    const core::Status cleared = store.clearBookmark(run, at);
    if (cleared) return {};
    return [this, text = QString::fromStdString(cleared.error().message)] { emit m_workbench.noted(text); };
  });
}

}  // namespace app
