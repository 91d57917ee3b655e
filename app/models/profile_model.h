// Where the time of a run went: a row for each kind of operation, most time first.
#pragma once

#include <QAbstractTableModel>
#include <optional>
#include <vector>

#include "core/engine/profile.h"

namespace app {

class ProfileModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Op, Share, Time, Calls, Columns };
  static constexpr int kShareRole = Qt::UserRole;  // 0 to 1, of the whole run

  using QAbstractTableModel::QAbstractTableModel;

  void setProfile(const std::optional<core::Profile>& profile);
  QString toTsv() const;  // with a header line; seconds with all their digits

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Row {
    core::Profile::Row op;
    double share = 0;
  };
  std::vector<Row> m_rows;
};

}  // namespace app
