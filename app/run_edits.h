// What people change about their runs, each with its way back.
#pragma once

#include <QStringList>

#include "app/bookmarks.h"
#include "app/undo.h"

namespace app {

class RunEdits {
 public:
  RunEdits(Workbench& workbench, Bookmarks& bookmarks, QUndoStack& undo)
      : m_workbench(workbench), m_bookmarks(bookmarks), m_undo(undo) {}

  // Of a run that is listed or shown; others are left alone.
  void rename(core::RunId id, const QString& name);
  void setStarred(core::RunId id, bool starred);
  void setTags(core::RunId id, const QStringList& tags);
  void setNote(core::RunId id, const QString& note);
  void remove(core::RunId id);

  // A branch was made from `parent`, where the cursor stood at `from`. Undo removes it and goes back there, if the
  // branch is what is shown.
  void branched(core::RunId parent, const ui::Cursor& from, core::RunId branch);

  // In the run that is shown.
  void setBookmark(const ui::Cursor& at, const QString& note);
  void clearBookmark(const core::StoredCursor& at);

 private:
  Workbench& m_workbench;
  Bookmarks& m_bookmarks;
  QUndoStack& m_undo;
};

}  // namespace app
