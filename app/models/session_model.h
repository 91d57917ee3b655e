// The stored runs as a list: newest first, as the workbench holds them.
#pragma once

#include <QAbstractListModel>
#include <vector>

#include "core/store/session_store.h"

namespace app {

class SessionModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { IdRole = Qt::UserRole, DetailRole, StarredRole };

  using QAbstractListModel::QAbstractListModel;

  // Keeps rows that stay, so that a selection survives.
  void setRows(const std::vector<core::RunRow>& rows);
  QModelIndex indexOf(core::RunId id) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  std::vector<core::RunRow> m_rows;
};

// "seed-7m · 60 tokens · 14 dropped": the second line of a run.
QString sessionDetail(const core::RunRow& row);
// Its name, or the beginning of its prompt.
QString sessionTitle(const core::RunRow& row);

}  // namespace app
