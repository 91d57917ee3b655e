#include "app/docks/inspector_dock.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/docks/plain_table.h"
#include "app/instruments.h"
#include "app/models/inspector_model.h"
#include "app/style.h"
#include "app/workbench.h"

namespace app {

class ValueDelegate : public NumberDelegate {
 public:
  using NumberDelegate::NumberDelegate;
  void setWarning(const QColor& colour) { m_warning = colour; }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    NumberDelegate::initStyleOption(option, index);
    if (index.data(InspectorModel::WarnsRole).toBool()) option->palette.setColor(QPalette::Text, m_warning);
  }

 private:
  QColor m_warning;
};

// Hooks, shapes and formulas stand back behind the numbers.
class FaintDelegate : public NumberDelegate {
 public:
  using NumberDelegate::NumberDelegate;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    NumberDelegate::initStyleOption(option, index);
    option->palette.setColor(QPalette::Text, option->palette.color(QPalette::PlaceholderText));
  }
};

InspectorDock::InspectorDock(Workbench& workbench, const Instruments& instruments, QWidget* parent)
    : Dock(tr("Inspector"), "inspectorDock", parent), m_instruments(instruments) {
  m_model = new InspectorModel(this);
  m_table = new QTableView;
  makePlain(*m_table, "inspectorTable", tr("Inspector"));
  m_table->setModel(m_model);
  m_table->setAlternatingRowColors(true);
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_values = new ValueDelegate(m_table);
  m_hooks = new FaintDelegate(m_table);
  m_words = new FaintDelegate(m_table);
  m_table->setItemDelegateForColumn(InspectorModel::Value, m_values);
  for (const int column : {InspectorModel::Hook, InspectorModel::Shape}) {
    m_table->setItemDelegateForColumn(column, m_hooks);
  }
  for (const int column : {InspectorModel::Unit, InspectorModel::Formula, InspectorModel::Meaning}) {
    m_table->setItemDelegateForColumn(column, m_words);
  }
  m_table->viewport()->installEventFilter(this);
  m_empty = new QLabel;
  m_empty->setObjectName("inspectorEmpty");
  m_empty->setProperty("role", "secondary");
  m_empty->setWordWrap(true);
  m_empty->setMargin(12);
  m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  // Whichever stands there, the dock wants the same room.
  m_empty->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Ignored);
  m_pages = new QStackedWidget;
  m_pages->addWidget(m_table);
  m_pages->addWidget(m_empty);
  body()->addWidget(m_pages, 1);

  auto* button = new QToolButton;
  button->setProperty("role", "plain");
  button->setObjectName("inspectorCopy");
  button->setText(tr("Copy TSV"));
  connect(button, &QToolButton::clicked, this, &InspectorDock::copy);
  addTitleWidget(button);

  connect(&workbench, &Workbench::cursorMoved, this, &InspectorDock::showCursor);
  connect(&workbench, &Workbench::traceChanged, this, &InspectorDock::showCursor);
  connect(m_model, &InspectorModel::modelReset, this, &InspectorDock::fitColumns);
  showCursor();
}

void InspectorDock::setTheme(const ui::Theme& theme) {
  app::setTheme(*m_table, theme);
  m_values->setFont(numberFont(theme));
  m_values->setWarning(toQt(theme.dropped));
  m_hooks->setFont(numberFont(theme));
  m_words->setFont(wordFont(theme, ui::kSizeNumber));
  fitColumns();
}

void InspectorDock::showCursor() {
  ui::InspectorView view = m_instruments.inspector();
  setSubtitle(QString::fromStdString(view.panel.subtitle));
  if (const auto& notice = view.panel.notice) {
    m_empty->setText(QString::fromStdString(notice->heading + '\n' + notice->sentence));
    view.rows.clear();
  }
  m_model->setRows(std::move(view.rows));
  m_pages->setCurrentWidget(m_model->rowCount() > 0 ? static_cast<QWidget*>(m_table) : m_empty);
}

void InspectorDock::copy() const {
  const std::string text = ui::inspectorTsv(m_instruments.inspector(), m_instruments.say());
  QGuiApplication::clipboard()->setText(QString::fromStdString(text));
}

// Quantity and value always stand; unit, hook, shape, formula and meaning as far as their width allows. The last one
// has what is left: of long texts a beginning is enough, the tooltip has them whole.
void InspectorDock::fitColumns() {
  constexpr int kBeginning = 12, kSentence = 30;  // letters
  const QAbstractItemView* table = m_table;
  const int letter = m_table->fontMetrics().averageCharWidth();
  int room = m_table->viewport()->width();
  bool fits = true;
  int last = 0;
  for (int column = 0; column < InspectorModel::Columns; ++column) {
    const int needs = std::max(table->sizeHintForColumn(column), m_table->horizontalHeader()->sectionSizeHint(column));
    const int least = letter * (column <= InspectorModel::Hook ? kBeginning : kSentence);
    fits = column <= InspectorModel::Value || (fits && std::min(needs, least) <= room);
    m_table->setColumnHidden(column, !fits);
    if (fits) last = column;
    room -= needs;
  }
  for (int column = 0; column < InspectorModel::Columns; ++column) {
    m_table->horizontalHeader()->setSectionResizeMode(
        column, column == last ? QHeaderView::Stretch : QHeaderView::ResizeToContents);
  }
}

bool InspectorDock::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_table->viewport() && event->type() == QEvent::Resize) fitColumns();
  return Dock::eventFilter(watched, event);
}

}  // namespace app
