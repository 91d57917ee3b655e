// Tables to read and to copy from, as all panels have them: whole rows are chosen, nothing is edited, numbers stand in
// the font of numbers.
#pragma once

#include <QFont>
#include <QStyledItemDelegate>

#include "ui/theme.h"

class QTableView;

namespace app {

void makePlain(QTableView& table, const QString& objectName, const QString& accessibleName);
void setTheme(QTableView& table, const ui::Theme& theme);

class NumberDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void setFont(const QFont& font) { m_font = font; }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
  const QFont& font() const { return m_font; }

 private:
  QFont m_font;
};

}  // namespace app
