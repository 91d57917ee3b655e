// The bookmarks of a run, in the order of its text.
#pragma once

#include <QAbstractListModel>

#include "app/bookmarks.h"

namespace app {

class BookmarkModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { TextRole = Qt::UserRole, NoteRole };

  BookmarkModel(const Workbench& workbench, const Bookmarks& bookmarks, QObject* parent = nullptr);

  void reload();
  const core::Bookmark* at(const QModelIndex& index) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  const Workbench& m_workbench;
  const Bookmarks& m_bookmarks;
  std::vector<core::Bookmark> m_rows;
};

}  // namespace app
