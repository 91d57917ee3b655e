#include "app/docks/inspector_dock.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/instruments.h"
#include "app/models/inspector_model.h"
#include "app/style.h"
#include "app/workbench.h"

namespace app {

// Numbers and hook names have the font of numbers.
class NumberDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void setFont(const QFont& font) { m_font = font; }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    option->font = m_font;
    option->fontMetrics = QFontMetrics(m_font);
    if (index.column() == InspectorModel::Hook) {
      option->palette.setColor(QPalette::Text, option->palette.color(QPalette::PlaceholderText));
    }
  }

 private:
  QFont m_font;
};

InspectorDock::InspectorDock(Workbench& workbench, const Instruments& instruments, QWidget* parent)
    : Dock(tr("Inspector"), "inspectorDock", parent), m_workbench(workbench), m_instruments(instruments) {
  m_model = new InspectorModel(this);
  m_table = new QTableView;
  m_table->setObjectName("inspectorTable");
  m_table->setAccessibleName(tr("Inspector"));
  m_table->setModel(m_model);
  m_table->setAlternatingRowColors(true);
  m_table->setShowGrid(false);
  m_table->setFrameShape(QFrame::NoFrame);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_table->setTabKeyNavigation(false);
  m_table->verticalHeader()->hide();
  m_table->horizontalHeader()->setHighlightSections(false);
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_table->horizontalHeader()->setSectionResizeMode(InspectorModel::Hook, QHeaderView::Stretch);
  m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_table->setWordWrap(false);
  m_numbers = new NumberDelegate(m_table);
  m_table->setItemDelegateForColumn(InspectorModel::Value, m_numbers);
  m_table->setItemDelegateForColumn(InspectorModel::Hook, m_numbers);
  body()->addWidget(m_table);

  auto* copy = new QToolButton;
  copy->setProperty("role", "plain");
  copy->setObjectName("inspectorCopy");
  copy->setText(tr("Copy TSV"));
  connect(copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_model->toTsv()); });
  addTitleWidget(copy);

  connect(&workbench, &Workbench::cursorMoved, this, &InspectorDock::showCursor);
  connect(&workbench, &Workbench::traceChanged, this, &InspectorDock::showCursor);
}

void InspectorDock::setTheme(const ui::Theme& theme) {
  m_table->setFont(wordFont(theme, ui::kSizeNumber));
  m_numbers->setFont(numberFont(theme));
  m_table->horizontalHeader()->setFont(wordFont(theme, ui::kSizeNumber));
  m_table->verticalHeader()->setDefaultSectionSize(qRound(theme.px(17)));
  m_table->verticalHeader()->setMinimumSectionSize(qRound(theme.px(17)));
}

void InspectorDock::showCursor() {
  const ui::Cursor& cursor = m_workbench.cursor();
  const bool empty = m_workbench.trace().empty();
  setSubtitle(empty ? QString()
                    : tr("token %1 \u00B7 L%2 \u00B7 E%3")
                          .arg(cursor.token)
                          .arg(cursor.layer)
                          .arg(cursor.expert, 2, 10, QChar('0')));
  m_model->setRows(m_instruments.inspectorRows());
}

}  // namespace app
