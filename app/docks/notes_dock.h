// What the user keeps of a run in words: bookmarks, a note, tags.
#pragma once

#include "app/docks/dock.h"
#include "app/run_edits.h"

class QLabel;
class QLineEdit;
class QListView;
class QModelIndex;
class QPlainTextEdit;

namespace app {

class BookmarkModel;

class NotesDock : public Dock {
  Q_OBJECT

 public:
  NotesDock(Workbench& workbench, Bookmarks& bookmarks, RunEdits& edits, QWidget* parent);
  void keepWords();  // what stands in the fields, before the window closes

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void showRun();
  void showBookmarks();
  void go(const QModelIndex& index);

  Workbench& m_workbench;
  RunEdits& m_edits;
  BookmarkModel* m_model = nullptr;
  QListView* m_list = nullptr;
  QLabel* m_empty = nullptr;
  QPlainTextEdit* m_note = nullptr;
  QLineEdit* m_tags = nullptr;
  std::optional<core::RunId> m_run;  // whose words stand in the fields
};

}  // namespace app
