#include "app/models/hit_delegate.h"

#include <QPainter>
#include <algorithm>

#include "app/models/hit_model.h"

namespace app {
namespace {

constexpr int kPad = 12;

// Filled: kept; outlined with a stroke through it: dropped.
void drawRank(QPainter* painter, const QRect& square, int rank, bool dropped, const QPalette& palette) {
  const QString number = QString::number(rank + 1);
  if (dropped) {
    painter->setPen(palette.color(QPalette::BrightText));
    painter->drawRect(square.adjusted(0, 0, -1, -1));
    painter->drawText(square, Qt::AlignCenter, number);
    painter->drawLine(square.bottomLeft() + QPoint(1, -1), square.topRight() + QPoint(-1, 1));
    return;
  }
  painter->fillRect(square, palette.color(QPalette::Link));
  painter->setPen(palette.color(QPalette::Base));
  painter->drawText(square, Qt::AlignCenter, number);
}

}  // namespace

void HitDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const QPalette& palette = option.palette;
  const QFontMetrics& metrics = option.fontMetrics;
  painter->save();
  painter->setFont(option.font);
  QRect line = option.rect.adjusted(kPad, 0, -kPad, 0);
  const QString heading = index.data(HitModel::HeadingRole).toString();
  if (!heading.isEmpty()) {
    painter->setPen(palette.color(QPalette::PlaceholderText));
    painter->drawText(line, Qt::AlignVCenter, metrics.elidedText(heading, Qt::ElideRight, line.width()));
    painter->restore();
    return;
  }
  painter->fillRect(option.rect, palette.color(option.state.testFlag(QStyle::State_Selected)    ? QPalette::Highlight
                                               : option.state.testFlag(QStyle::State_MouseOver) ? QPalette::Button
                                                                                                : QPalette::Base));
  const int numberRoom = metrics.horizontalAdvance("4096 ");
  painter->setPen(palette.color(QPalette::PlaceholderText));
  painter->drawText(QRect(line.left(), line.top(), numberRoom - metrics.horizontalAdvance(' '), line.height()),
                    Qt::AlignRight | Qt::AlignVCenter, index.data(HitModel::TokenRole).toString());
  line.setLeft(line.left() + numberRoom + 4);
  const int rank = index.data(HitModel::RankRole).toInt();
  const int side = metrics.height();
  if (rank >= 0) {
    const QRect square(line.right() - side + 1, line.center().y() - side / 2, side, side);
    drawRank(painter, square, rank, index.data(HitModel::DroppedRole).toBool(), palette);
    line.setRight(square.left() - 6);
  }
  QFont bold = option.font;
  bold.setWeight(QFont::DemiBold);
  const QFontMetrics boldMetrics(bold);
  const QString text = index.data(HitModel::TextRole).toString();
  const int middle = line.left() + line.width() * 2 / 5, width = boldMetrics.horizontalAdvance(text);
  painter->setPen(palette.color(QPalette::PlaceholderText));
  painter->drawText(
      QRect(line.left(), line.top(), middle - line.left() - 3, line.height()), Qt::AlignRight | Qt::AlignVCenter,
      metrics.elidedText(index.data(HitModel::BeforeRole).toString(), Qt::ElideLeft, middle - line.left() - 3));
  painter->drawText(QRect(middle + width + 3, line.top(), line.right() - middle - width - 3, line.height()),
                    Qt::AlignVCenter,
                    metrics.elidedText(index.data(HitModel::AfterRole).toString(), Qt::ElideRight,
                                       std::max(0, line.right() - middle - width - 3)));
  painter->setFont(bold);
  painter->setPen(palette.color(QPalette::Text));
  painter->drawText(QRect(middle, line.top(), line.right() - middle, line.height()), Qt::AlignVCenter, text);
  painter->restore();
}

QSize HitDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  return {200, option.fontMetrics.height() + 5};
}

}  // namespace app
