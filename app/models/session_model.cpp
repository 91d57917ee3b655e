#include "app/models/session_model.h"

#include <QLocale>
#include <algorithm>

namespace app {
namespace {

constexpr int kTitleLength = 120;

QString stateText(core::RunState state) {
  switch (state) {
    case core::RunState::Running:
      return SessionModel::tr("running");
    case core::RunState::Interrupted:
      return SessionModel::tr("interrupted");
    case core::RunState::Cancelled:
      return SessionModel::tr("cancelled");
    case core::RunState::Complete:
      break;
  }
  return {};
}

bool sameRun(const core::RunRow& a, const core::RunRow& b) { return a.id == b.id; }

}  // namespace

QString sessionTitle(const core::RunRow& row) {
  QString title = QString::fromStdString(!row.name.empty() ? row.name : row.prompt.value_or(""));
  title = title.simplified();
  if (title.isEmpty()) return SessionModel::tr("Run %1").arg(row.id);
  return title.size() > kTitleLength ? title.left(kTitleLength) + QChar(0x2026) : title;
}

QString sessionDetail(const core::RunRow& row) {
  const QLocale english(QLocale::English);
  QStringList parts{QString::fromStdString(row.model), SessionModel::tr("%1 tokens").arg(english.toString(row.tokens))};
  if (row.dropped > 0) parts << SessionModel::tr("%1 dropped").arg(english.toString(qlonglong(row.dropped)));
  if (const QString state = stateText(row.state); !state.isEmpty()) parts << state;
  return parts.join(QStringLiteral(" \u00B7 "));
}

void SessionModel::setRows(const std::vector<core::RunRow>& rows) {
  if (std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), sameRun)) {
    m_rows = rows;
    if (!rows.empty()) emit dataChanged(index(0), index(static_cast<int>(rows.size()) - 1));
    return;
  }
  // New runs come in at the top: the usual case keeps all other rows.
  const size_t more = rows.size() - std::min(rows.size(), m_rows.size());
  if (more > 0 &&
      std::equal(rows.begin() + static_cast<ptrdiff_t>(more), rows.end(), m_rows.begin(), m_rows.end(), sameRun)) {
    beginInsertRows({}, 0, static_cast<int>(more) - 1);
    m_rows = rows;
    endInsertRows();
    return;
  }
  beginResetModel();
  m_rows = rows;
  endResetModel();
}

QModelIndex SessionModel::indexOf(core::RunId id) const {
  const auto found = std::find_if(m_rows.begin(), m_rows.end(), [id](const core::RunRow& row) { return row.id == id; });
  return found == m_rows.end() ? QModelIndex() : index(static_cast<int>(found - m_rows.begin()));
}

int SessionModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant SessionModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const core::RunRow& row = m_rows[static_cast<size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return sessionTitle(row);
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
      return tr("%1\n%2").arg(sessionDetail(row), QString::fromStdString(row.created));
    case IdRole:
      return QVariant::fromValue<qlonglong>(row.id);
    case DetailRole:
      return sessionDetail(row);
    case StarredRole:
      return row.starred;
    default:
      return {};
  }
}

}  // namespace app
