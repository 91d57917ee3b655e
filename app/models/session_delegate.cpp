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
  const int indent = index.data(SessionModel::DepthRole).toInt() * line;
  QRect first = option.rect.adjusted(kPad + indent, 5, -kPad, 0);
  first.setHeight(line);
  const QRect second = first.translated(0, line + 1);
  painter->setPen(palette.color(QPalette::PlaceholderText));
  if (indent > 0) {  // from the parent to its branch
    const int x = first.left() - line / 2;
    painter->drawLine(x, option.rect.top(), x, first.center().y());
    painter->drawLine(x, first.center().y(), first.left() - 3, first.center().y());
  }
  painter->setFont(option.font);
  const QString count = index.data(SessionModel::CountRole).toString();
  painter->drawText(first, Qt::AlignRight | Qt::AlignVCenter, count);
  first.setRight(first.right() - option.fontMetrics.horizontalAdvance(count) - kPad);
  painter->setPen(palette.color(QPalette::Text));
  if (index.data(SessionModel::StarredRole).toBool()) {
    const QString star = QStringLiteral("\u2605 ");
    painter->drawText(first, Qt::AlignVCenter, star);
    first.setLeft(first.left() + option.fontMetrics.horizontalAdvance(star));
  }
  QFont semibold = option.font;
  semibold.setWeight(QFont::DemiBold);
  painter->setFont(semibold);
  const QString title = index.data(Qt::DisplayRole).toString();
  painter->drawText(first, Qt::AlignVCenter, QFontMetrics(semibold).elidedText(title, Qt::ElideRight, first.width()));
  painter->setFont(option.font);
  painter->setPen(palette.color(QPalette::PlaceholderText));
  const QString detail = index.data(SessionModel::DetailRole).toString();
  painter->drawText(second, Qt::AlignVCenter, option.fontMetrics.elidedText(detail, Qt::ElideRight, second.width()));
  painter->restore();
}

QSize SessionDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  return {200, 2 * option.fontMetrics.height() + 11};
}

}  // namespace app
