#include "app/models/inspector_model.h"

#include <algorithm>

namespace app {

void InspectorModel::setRows(std::vector<InspectorRow> rows) {
  const auto sameQuantity = [](const InspectorRow& a, const InspectorRow& b) { return a.quantity == b.quantity; };
  if (std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), sameQuantity)) {
    if (rows == m_rows) return;
    m_rows = std::move(rows);
    emit dataChanged(index(0, 0), index(rowCount() - 1, Columns - 1));
    return;
  }
  beginResetModel();
  m_rows = std::move(rows);
  endResetModel();
}

QString InspectorModel::toTsv() const {
  QString text = QStringLiteral("quantity\tvalue\tunit\thook\n");
  for (const InspectorRow& row : m_rows) {
    text += QStringLiteral("%1\t%2\t%3\t%4\n").arg(row.quantity, row.full, row.unit, row.hook);
  }
  return text;
}

int InspectorModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int InspectorModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant InspectorModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const InspectorRow& row = m_rows[static_cast<size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      switch (index.column()) {
        case Quantity:
          return row.quantity;
        case Value:
          return row.value;
        case Unit:
          return row.unit;
        default:
          return row.hook;
      }
    case Qt::ToolTipRole:
      return row.meaning;
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(index.column() == Value ? Qt::AlignRight | Qt::AlignVCenter
                                                         : Qt::AlignLeft | Qt::AlignVCenter);
    default:
      return {};
  }
}

QVariant InspectorModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant::fromValue(section == Value ? Qt::AlignRight | Qt::AlignVCenter : Qt::AlignLeft | Qt::AlignVCenter);
  }
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Quantity:
      return tr("Quantity");
    case Value:
      return tr("Value");
    case Unit:
      return QString();
    default:
      return tr("Hook");
  }
}

}  // namespace app
