// Places in stored runs that answer a question, grouped by run: a heading for each run, then its lines.
#pragma once

#include <QAbstractListModel>
#include <functional>
#include <vector>

#include "core/store/questions.h"

namespace app {

struct Hit {
  core::TokenHit place;
  int layer = -1, expert = -1, rank = -1;  // of a choice; -1: the question was about a token
  bool dropped = false;
};

class HitModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { HeadingRole = Qt::UserRole, TokenRole, BeforeRole, TextRole, AfterRole, RankRole, DroppedRole };

  using QAbstractListModel::QAbstractListModel;

  void clear();
  // `nameOf` gives the heading of a run.
  void append(const std::vector<Hit>& hits, const std::function<QString(int64_t)>& nameOf);
  const Hit* at(const QModelIndex& index) const;  // null: a heading
  int hits() const { return m_hits; }

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 private:
  struct Row {
    QString heading;  // empty: a hit
    Hit hit;
  };
  std::vector<Row> m_rows;
  int m_hits = 0;
};

}  // namespace app
