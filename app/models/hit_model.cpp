#include "app/models/hit_model.h"

#include <algorithm>
#include <iterator>

#include "ui/views/token_text.h"

namespace app {
namespace {

QString visible(const std::string& text) { return QString::fromStdString(ui::visibleToken(text).whole()); }

// Running text, not a token: spaces stay spaces.
QString context(const std::string& text) { return QString::fromStdString(text).replace('\n', ' ').replace('\t', ' '); }

}  // namespace

void HitModel::clear() {
  beginResetModel();
  m_rows.clear();
  m_hits = 0;
  endResetModel();
}

void HitModel::append(const std::vector<Hit>& hits, const std::function<QString(int64_t)>& nameOf) {
  std::vector<Row> rows;
  int64_t run = m_rows.empty() ? -1 : m_rows.back().hit.place.run;
  for (const Hit& hit : hits) {
    if (hit.place.run != run) {
      rows.push_back({nameOf(hit.place.run), {}});
      rows.back().hit.place.run = run = hit.place.run;
    }
    rows.push_back({{}, hit});
  }
  if (rows.empty()) return;
  const int first = static_cast<int>(m_rows.size());
  beginInsertRows({}, first, first + static_cast<int>(rows.size()) - 1);
  std::move(rows.begin(), rows.end(), std::back_inserter(m_rows));
  m_hits += static_cast<int>(hits.size());
  endInsertRows();
}

const Hit* HitModel::at(const QModelIndex& index) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return nullptr;
  const Row& row = m_rows[static_cast<size_t>(index.row())];
  return row.heading.isEmpty() ? &row.hit : nullptr;
}

int HitModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

Qt::ItemFlags HitModel::flags(const QModelIndex& index) const {
  if (!index.isValid() || at(index)) return QAbstractListModel::flags(index);
  return Qt::ItemIsEnabled;  // a heading
}

QVariant HitModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = m_rows[static_cast<size_t>(index.row())];
  if (role == HeadingRole) return row.heading;
  if (!row.heading.isEmpty()) return role == Qt::DisplayRole ? QVariant(row.heading) : QVariant();
  const Hit& hit = row.hit;
  switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
      return tr("token %1: %2%3%4")
          .arg(hit.place.token)
          .arg(context(hit.place.before), context(hit.place.text), context(hit.place.after));
    case Qt::ToolTipRole:
      return hit.rank < 0 ? tr("token %1").arg(hit.place.token)
                          : tr("token %1, L%2E%3, choice %4%5")
                                .arg(hit.place.token)
                                .arg(hit.layer)
                                .arg(hit.expert, 2, 10, QChar('0'))
                                .arg(hit.rank + 1)
                                .arg(hit.dropped ? tr(", dropped") : QString());
    case TokenRole:
      return hit.place.token;
    case BeforeRole:
      return context(hit.place.before);
    case TextRole:
      return visible(hit.place.text);
    case AfterRole:
      return context(hit.place.after);
    case RankRole:
      return hit.rank;
    case DroppedRole:
      return hit.dropped;
    default:
      return {};
  }
}

}  // namespace app
