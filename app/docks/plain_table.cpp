#include "app/docks/plain_table.h"

#include <QHeaderView>
#include <QTableView>

#include "app/style.h"

namespace app {

void makePlain(QTableView& table, const QString& objectName, const QString& accessibleName) {
  table.setObjectName(objectName);
  table.setAccessibleName(accessibleName);
  table.setShowGrid(false);
  table.setFrameShape(QFrame::NoFrame);
  table.setSelectionBehavior(QAbstractItemView::SelectRows);
  table.setEditTriggers(QAbstractItemView::NoEditTriggers);
  table.setTabKeyNavigation(false);
  table.setWordWrap(false);
  table.verticalHeader()->hide();
  table.horizontalHeader()->setHighlightSections(false);
}

void setTheme(QTableView& table, const ui::Theme& theme) {
  constexpr double kRow = 17;
  table.setFont(wordFont(theme, ui::kSizeNumber));
  table.horizontalHeader()->setFont(wordFont(theme, ui::kSizeNumber));
  table.verticalHeader()->setMinimumSectionSize(qRound(theme.px(kRow)));
  table.verticalHeader()->setDefaultSectionSize(qRound(theme.px(kRow)));
}

void NumberDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
  QStyledItemDelegate::initStyleOption(option, index);
  option->font = m_font;
  option->fontMetrics = QFontMetrics(m_font);
}

}  // namespace app
