#include "app/models/session_delegate.h"

#include <QPainter>

#include "app/models/session_model.h"

namespace app {
namespace {
constexpr int kPad = 12;
}

void SessionDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const QPalette& palette = option.palette;
  const bool chosen = option.state.testFlag(QStyle::State_Selected);
  const bool under = option.state.testFlag(QStyle::State_MouseOver);
  painter->save();
  painter->fillRect(option.rect, chosen  ? palette.color(QPalette::Highlight)
                                 : under ? palette.color(QPalette::Button)
                                         : palette.color(QPalette::Base));
  const int line = option.fontMetrics.height();
  QRect first = option.rect.adjusted(kPad, 5, -kPad, 0);
  first.setHeight(line);
  QRect second = first.translated(0, line + 1);
  if (index.data(SessionModel::StarredRole).toBool()) {
    painter->setPen(palette.color(QPalette::Text));
    painter->drawText(first, Qt::AlignRight | Qt::AlignVCenter, QStringLiteral("\u2605"));
    first.setRight(first.right() - line);
  }
  painter->setFont(option.font);
  painter->setPen(palette.color(QPalette::Text));
  const QString title = index.data(Qt::DisplayRole).toString();
  painter->drawText(first, Qt::AlignVCenter, option.fontMetrics.elidedText(title, Qt::ElideRight, first.width()));
  painter->setPen(palette.color(QPalette::PlaceholderText));
  const QString detail = index.data(SessionModel::DetailRole).toString();
  painter->drawText(second, Qt::AlignVCenter, option.fontMetrics.elidedText(detail, Qt::ElideRight, second.width()));
  painter->restore();
}

QSize SessionDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  return {200, 2 * option.fontMetrics.height() + 11};
}

}  // namespace app
