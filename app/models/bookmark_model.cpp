#include "app/models/bookmark_model.h"

#include <algorithm>

#include "ui/numbers.h"
#include "ui/views/token_text.h"

namespace app {

BookmarkModel::BookmarkModel(const Workbench& workbench, const Bookmarks& bookmarks, QObject* parent)
    : QAbstractListModel(parent), m_workbench(workbench), m_bookmarks(bookmarks) {
  connect(&bookmarks, &Bookmarks::changed, this, &BookmarkModel::reload);
}

void BookmarkModel::reload() {
  const std::vector<core::Bookmark>& now = m_bookmarks.list();
  const auto samePlace = [](const core::Bookmark& a, const core::Bookmark& b) { return a.at == b.at; };
  if (!now.empty() && std::equal(now.begin(), now.end(), m_rows.begin(), m_rows.end(), samePlace)) {
    m_rows = now;
    emit dataChanged(index(0), index(static_cast<int>(m_rows.size()) - 1));
    return;
  }
  beginResetModel();
  m_rows = now;
  endResetModel();
}

const core::Bookmark* BookmarkModel::at(const QModelIndex& index) const {
  return checkIndex(index, CheckIndexOption::IndexIsValid) ? &m_rows[static_cast<size_t>(index.row())] : nullptr;
}

int BookmarkModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant BookmarkModel::data(const QModelIndex& index, int role) const {
  const core::Bookmark* mark = at(index);
  if (!mark) return {};
  const ui::ViewSource& source = m_workbench.source();
  const QString place =
      tr("token %1   %2")
          .arg(mark->at.token)
          .arg(QString::fromStdString(ui::placeLabel(mark->at.layer, std::max(0, mark->at.expert), source.experts())));
  const QString text = QString::fromStdString(ui::visibleToken(source.tokenAt(mark->at.token)).whole());
  switch (role) {
    case Qt::DisplayRole:
      return place;
    case TextRole:
      return text;
    case NoteRole:
      return QString::fromStdString(mark->note);
    case Qt::AccessibleTextRole:
      return QStringLiteral("%1 %2 %3").arg(place, text, QString::fromStdString(mark->note));
    default:
      return {};
  }
}

}  // namespace app
