#include "app/models/inspector_model.h"

#include <algorithm>

namespace app {
namespace {

QString text(const std::string& words) { return QString::fromStdString(words); }

Qt::Alignment sideOf(int column) {
  return (column == InspectorModel::Value ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter;
}

// Whatever has no column of its own in a narrow table is said here.
QString tipOf(const ui::InspectorRow& row) {
  QStringList lines{text(row.meaning)};
  if (!row.formula.empty()) lines << text(row.formula);
  lines << InspectorModel::tr("%1, shape %2").arg(text(row.hook), text(row.shape));
  return lines.join('\n');
}

}  // namespace

void InspectorModel::setRows(std::vector<ui::InspectorRow> rows) {
  const auto sameQuantity = [](const ui::InspectorRow& a, const ui::InspectorRow& b) {
    return a.quantity == b.quantity;
  };
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

int InspectorModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int InspectorModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant InspectorModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const ui::InspectorRow& row = m_rows[static_cast<size_t>(index.row())];
  if (role == Qt::ToolTipRole) return tipOf(row);
  if (role == WarnsRole) return row.warns;
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(sideOf(index.column()));
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case Quantity:
      return text(row.quantity);
    case Value:
      return text(row.value);
    case Unit:
      return text(row.unit);
    case Hook:
      return text(row.hook);
    case Shape:
      return text(row.shape);
    case Formula:
      return text(row.formula);
    default:
      return text(row.meaning);
  }
}

QVariant InspectorModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(sideOf(section));
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Quantity:
      return tr("Quantity");
    case Value:
      return tr("Value");
    case Unit:
      return tr("Unit");
    case Hook:
      return tr("Hook");
    case Shape:
      return tr("Shape");
    case Formula:
      return tr("Formula");
    default:
      return tr("Meaning");
  }
}

}  // namespace app
