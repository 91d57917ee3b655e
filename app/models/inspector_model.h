// Everything recorded at the cursor, as a table: quantity, value, unit, hook, and what the hook holds.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "ui/views/inspector_view.h"

namespace app {

class InspectorModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  // In the order in which they are worth their width.
  enum Column { Quantity, Value, Unit, Hook, Shape, Formula, Meaning, Columns };
  enum Role { WarnsRole = Qt::UserRole };  // of a value: a choice that was dropped

  using QAbstractTableModel::QAbstractTableModel;

  // Rows of the same quantities are changed in place: stepping does not lose the selection.
  void setRows(std::vector<ui::InspectorRow> rows);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<ui::InspectorRow> m_rows;
};

}  // namespace app
