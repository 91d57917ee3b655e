#include "app/models/profile_model.h"

namespace app {

void ProfileModel::setProfile(const std::optional<core::Profile>& profile) {
  beginResetModel();
  m_rows.clear();
  if (profile) {
    for (const core::Profile::Row& row : profile->bySize()) m_rows.push_back({row, profile->shareOf(row)});
  }
  endResetModel();
}

QString ProfileModel::toTsv() const {
  QString text = QStringLiteral("op\tshare\tseconds\tcalls\n");
  for (const Row& row : m_rows) {
    text += QStringLiteral("%1\t%2\t%3\t%4\n")
                .arg(QString::fromStdString(row.op.op), QString::number(row.share, 'g', 9),
                     QString::number(row.op.seconds, 'g', 9), QString::number(row.op.calls));
  }
  return text;
}

int ProfileModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ProfileModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant ProfileModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = m_rows[static_cast<size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      switch (index.column()) {
        case Op:
          return QString::fromStdString(row.op.op);
        case Share:
          return tr("%1 %").arg(100 * row.share, 0, 'f', 1);
        case Time:
          return tr("%1 ms").arg(1e3 * row.op.seconds, 0, 'f', 3);
        default:
          return QString::number(row.op.calls);
      }
    case kShareRole:
      return row.share;
    case Qt::ToolTipRole:
      if (row.op.op == "other")
        return tr("What no operation accounts for: choosing tokens, keeping the record, waiting.");
      return tr("%1 calls of %2 \u00B5s on average")
          .arg(row.op.calls)
          .arg(1e6 * row.op.seconds / static_cast<double>(row.op.calls), 0, 'f', 1);
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(index.column() == Op ? Qt::AlignLeft | Qt::AlignVCenter
                                                      : Qt::AlignRight | Qt::AlignVCenter);
    default:
      return {};
  }
}

QVariant ProfileModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant::fromValue(section == Op ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
  }
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Op:
      return tr("Operation");
    case Share:
      return tr("Share");
    case Time:
      return tr("Time");
    default:
      return tr("Calls");
  }
}

}  // namespace app
