#include "app/models/session_model.h"

#include <QLocale>
#include <algorithm>
#include <map>
#include <set>

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

// Children come right below their parent, if it is in the list.
void addWithChildren(size_t at, int depth, const std::vector<core::RunRow>& rows,
                     const std::multimap<core::RunId, size_t>& children, std::vector<core::RunRow>& out,
                     std::vector<int>& depths) {
  out.push_back(rows[at]);
  depths.push_back(depth);
  const auto [first, last] = children.equal_range(rows[at].id);
  for (auto child = first; child != last; ++child) {
    addWithChildren(child->second, depth + 1, rows, children, out, depths);
  }
}

}  // namespace

QString sessionTitle(const core::RunRow& row) {
  QString title = QString::fromStdString(!row.name.empty() ? row.name : row.prompt.value_or(""));
  title = title.simplified();
  if (title.isEmpty()) return SessionModel::tr("Run %1").arg(row.id);
  return title.size() > kTitleLength ? title.left(kTitleLength) + QChar(0x2026) : title;
}

QString sessionCount(const core::RunRow& row) {
  const QLocale english(QLocale::English);
  QString text = english.toString(row.tokens);
  if (row.dropped > 0) {
    text += QStringLiteral(" \u00B7 ") + SessionModel::tr("%1 dropped").arg(english.toString(qlonglong(row.dropped)));
  }
  return text;
}

QString sessionDetail(const core::RunRow& row) {
  QStringList parts;
  for (const std::string& tag : row.tags) parts << '#' + QString::fromStdString(tag);
  if (const QString state = stateText(row.state); !state.isEmpty()) parts << state;
  if (!row.name.empty() && row.prompt) parts << QString::fromStdString(*row.prompt).simplified().left(kTitleLength);
  parts << QString::fromStdString(row.model);
  return parts.join(QStringLiteral(" \u00B7 "));
}

void SessionModel::setRows(const std::vector<core::RunRow>& listed) {
  std::set<core::RunId> ids;
  for (const core::RunRow& row : listed) ids.insert(row.id);
  // A parent is always older: rows cannot go round in a circle.
  const auto isChild = [&](const core::RunRow& row) {
    return row.origin && row.origin->parent < row.id && ids.contains(row.origin->parent);
  };
  std::multimap<core::RunId, size_t> children;
  for (size_t i = 0; i < listed.size(); ++i) {
    if (isChild(listed[i])) children.emplace(listed[i].origin->parent, i);
  }
  std::vector<core::RunRow> rows;
  m_depths.clear();
  for (size_t i = 0; i < listed.size(); ++i) {
    if (!isChild(listed[i])) addWithChildren(i, 0, listed, children, rows, m_depths);
  }
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
      return QStringList{tr("%1 tokens").arg(sessionCount(row)), sessionDetail(row),
                         QString::fromStdString(row.created), QString::fromStdString(row.note)}
          .join('\n')
          .trimmed();
    case IdRole:
      return QVariant::fromValue<qlonglong>(row.id);
    case DetailRole:
      return sessionDetail(row);
    case StarredRole:
      return row.starred;
    case CountRole:
      return sessionCount(row);
    case DepthRole:
      return m_depths[static_cast<size_t>(index.row())];
    default:
      return {};
  }
}

}  // namespace app
