// Everything recorded at the cursor, as a table: quantity, value, unit, hook, and what the hook means.
#pragma once

#include <QAbstractTableModel>
#include <vector>

namespace app {

struct InspectorRow {
  QString quantity, value, unit, hook;
  QString meaning;  // a sentence, as tooltip
  QString full;     // the value as it is copied, with all its digits
  bool warns = false;
  friend bool operator==(const InspectorRow&, const InspectorRow&) = default;
};

class InspectorModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Quantity, Value, Unit, Hook, Columns };

  using QAbstractTableModel::QAbstractTableModel;

  // Rows of the same quantities are changed in place: stepping does not lose the selection.
  void setRows(std::vector<InspectorRow> rows);
  QString toTsv() const;  // with a header line

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<InspectorRow> m_rows;
};

}  // namespace app
