#include "app/run_edits.h"

#include <QCoreApplication>
#include <utility>

namespace app {
namespace {

QString words(const char* text) { return QCoreApplication::translate("RunEdits", text); }

std::vector<std::string> listOf(const QStringList& tags) {
  std::vector<std::string> list;
  for (const QString& tag : tags) {
    if (const std::string clean = tag.simplified().toStdString(); !clean.empty()) list.push_back(clean);
  }
  return list;
}

}  // namespace

void RunEdits::rename(core::RunId id, const QString& name) {
  const core::RunRow* row = m_workbench.rowOf(id);
  if (!row || row->name == name.toStdString()) return;
  change(
      m_undo, words("rename"), [bench = &m_workbench, id, name] { bench->renameRun(id, name); },
      [bench = &m_workbench, id, before = QString::fromStdString(row->name)] { bench->renameRun(id, before); });
}

void RunEdits::setStarred(core::RunId id, bool starred) {
  const core::RunRow* row = m_workbench.rowOf(id);
  if (!row || row->starred == starred) return;
  change(
      m_undo, starred ? words("star") : words("take the star away"),
      [bench = &m_workbench, id, starred] { bench->setStarred(id, starred); },
      [bench = &m_workbench, id, starred] { bench->setStarred(id, !starred); });
}

void RunEdits::setTags(core::RunId id, const QStringList& tags) {
  const core::RunRow* row = m_workbench.rowOf(id);
  const std::vector<std::string> list = listOf(tags);
  if (!row || row->tags == list) return;
  change(
      m_undo, words("change tags"), [bench = &m_workbench, id, list] { bench->setTags(id, list); },
      [bench = &m_workbench, id, before = row->tags] { bench->setTags(id, before); });
}

void RunEdits::setNote(core::RunId id, const QString& note) {
  const core::RunRow* row = m_workbench.rowOf(id);
  if (!row || row->note == note.toStdString()) return;
  change(
      m_undo, words("change the note"), [bench = &m_workbench, id, note] { bench->setNote(id, note); },
      [bench = &m_workbench, id, before = QString::fromStdString(row->note)] { bench->setNote(id, before); });
}

void RunEdits::remove(core::RunId id) {
  if (m_workbench.isRemoved(id)) return;
  change(
      m_undo, words("remove the run"), [bench = &m_workbench, id] { bench->removeRun(id); },
      [bench = &m_workbench, id] { bench->undoRemove(id); });
}

void RunEdits::branched(core::RunId parent, const ui::Cursor& from, core::RunId branch) {
  change(
      m_undo, words("branch"),
      [bench = &m_workbench, parent, branch, made = true]() mutable {
        if (std::exchange(made, false)) return;  // it is pushed when it has begun already
        const bool atParent = bench->runId() == parent;
        bench->undoRemove(branch);
        if (atParent) bench->openRun(branch);
      },
      [bench = &m_workbench, parent, from, branch] {
        const bool shown = bench->runId() == branch;
        bench->removeRun(branch);
        if (shown) bench->openRun(parent, from);
      });
}

void RunEdits::setBookmark(const ui::Cursor& at, const QString& note) {
  if (!m_workbench.runId()) return;
  const core::RunId run = *m_workbench.runId();
  const core::Bookmark mark{storedCursor(at), note.toStdString()};
  const core::Bookmark* found = m_bookmarks.at(at);
  const std::optional<core::Bookmark> before = found ? std::optional(*found) : std::nullopt;
  if (before == mark) return;
  change(
      m_undo, before ? words("change the bookmark") : words("bookmark"),
      [marks = &m_bookmarks, run, mark] { marks->set(run, mark); },
      [marks = &m_bookmarks, run, mark, before] {
        if (before) {
          marks->set(run, *before);
        } else {
          marks->clear(run, mark.at);
        }
      });
}

void RunEdits::clearBookmark(const core::StoredCursor& at) {
  const core::Bookmark* found = m_bookmarks.at(cursorOf(at));
  if (!m_workbench.runId() || !found) return;
  change(
      m_undo, words("remove the bookmark"),
      [marks = &m_bookmarks, run = *m_workbench.runId(), at] { marks->clear(run, at); },
      [marks = &m_bookmarks, run = *m_workbench.runId(), before = *found] { marks->set(run, before); });
}

}  // namespace app
