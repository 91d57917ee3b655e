// Draws a stored run in two lines: star, name, tokens and dropped choices; then tags, prompt and model.
#pragma once

#include <QStyledItemDelegate>

namespace app {

class SessionDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace app
