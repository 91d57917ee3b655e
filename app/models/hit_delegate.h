// Draws a line of text around a token: its number, what stands before and after, the token bold in the middle, the
// rank of the choice in a square at the right.
#pragma once

#include <QStyledItemDelegate>

namespace app {

class HitDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace app
