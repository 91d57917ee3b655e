// The stored runs as a list, in the order the workbench holds them, runs that were made from another below it.
#pragma once

#include <QAbstractListModel>
#include <vector>

#include "core/store/session_store.h"

namespace app {

class SessionModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { IdRole = Qt::UserRole, DetailRole, StarredRole, CountRole, DepthRole };

  using QAbstractListModel::QAbstractListModel;

  // Keeps rows that stay, so that a selection survives.
  void setRows(const std::vector<core::RunRow>& listed);
  QModelIndex indexOf(core::RunId id) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  std::vector<core::RunRow> m_rows;
  std::vector<int> m_depths;
};

// "60 · 14 dropped": at the right of its first line.
QString sessionCount(const core::RunRow& row);
// Its second line: tags, how it ended, the prompt of one with a name, the model.
QString sessionDetail(const core::RunRow& row);
// Its name, or the beginning of its prompt.
QString sessionTitle(const core::RunRow& row);

}  // namespace app
