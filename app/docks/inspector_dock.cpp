#include "app/docks/inspector_dock.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/docks/plain_table.h"
#include "app/instruments.h"
#include "app/models/inspector_model.h"
#include "app/style.h"
#include "app/workbench.h"

namespace app {

// Hook names stand back behind the numbers.
class HookDelegate : public NumberDelegate {
 public:
  using NumberDelegate::NumberDelegate;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    NumberDelegate::initStyleOption(option, index);
    option->palette.setColor(QPalette::Text, option->palette.color(QPalette::PlaceholderText));
  }
};

InspectorDock::InspectorDock(Workbench& workbench, const Instruments& instruments, QWidget* parent)
    : Dock(tr("Inspector"), "inspectorDock", parent), m_workbench(workbench), m_instruments(instruments) {
  m_model = new InspectorModel(this);
  m_table = new QTableView;
  makePlain(*m_table, "inspectorTable", tr("Inspector"));
  m_table->setModel(m_model);
  m_table->setAlternatingRowColors(true);
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_table->horizontalHeader()->setSectionResizeMode(InspectorModel::Hook, QHeaderView::Stretch);
  m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_numbers = new NumberDelegate(m_table);
  m_hooks = new HookDelegate(m_table);
  m_table->setItemDelegateForColumn(InspectorModel::Value, m_numbers);
  m_table->setItemDelegateForColumn(InspectorModel::Hook, m_hooks);
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
  app::setTheme(*m_table, theme);
  m_numbers->setFont(numberFont(theme));
  m_hooks->setFont(numberFont(theme));
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
