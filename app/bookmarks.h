// The bookmarks of the run that is shown.
#pragma once

#include <QObject>
#include <vector>

#include "app/workbench.h"

namespace app {

class Bookmarks : public QObject {
  Q_OBJECT

 public:
  explicit Bookmarks(Workbench& workbench);

  const std::vector<core::Bookmark>& list() const { return m_list; }
  const core::Bookmark* at(const ui::Cursor& cursor) const;  // null: none
  std::vector<int> tokens() const;

  // Of any run; shown at once if it is the current one.
  void set(core::RunId run, const core::Bookmark& bookmark);
  void clear(core::RunId run, const core::StoredCursor& at);

 signals:
  void changed();

 private:
  void load();
  void put(const core::Bookmark& bookmark);

  Workbench& m_workbench;
  std::vector<core::Bookmark> m_list;
  std::optional<core::RunId> m_run;
};

core::StoredCursor storedCursor(const ui::Cursor& cursor);
ui::Cursor cursorOf(const core::StoredCursor& stored);

}  // namespace app
