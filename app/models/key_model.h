// Commands and their keys, as a table to change them in.
#pragma once

#include <QAbstractTableModel>

#include "app/commands.h"

namespace app {

class KeyModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { What, Key, Columns };

  explicit KeyModel(const Commands& commands, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  static Command commandAt(const QModelIndex& index) { return static_cast<Command>(index.row()); }

 private:
  const Commands& m_commands;
};

}  // namespace app
