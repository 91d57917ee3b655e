#include "app/docks/close_calls_page.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QTableWidget>
#include <QVBoxLayout>

#include "app/close_calls_run.h"
#include "app/docks/lab_parts.h"
#include "app/docks/plain_table.h"
#include "app/form_undo.h"
#include "app/instruments.h"
#include "app/undo.h"

namespace app {
namespace {

constexpr int kLeftWidth = 420;
constexpr int kParaphrase = -1;  // data of the entry that is no rounding

}  // namespace

CloseCallsPage::CloseCallsPage(Workbench& workbench, CloseCallsRun& run, const Instruments& instruments,
                               QUndoStack& undo, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_run(run), m_instruments(instruments) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(scrolledPart(makeLeft(), kLeftWidth, tr("What to look for")));
  makeTable();
  row->addWidget(m_table, 1);
  connect(&run, &CloseCallsRun::changed, this, &CloseCallsPage::showState);
  // It is about its own run; while another is shown there is nothing to see.
  connect(&run, &CloseCallsRun::replaced, this, [this, &undo](const std::optional<ui::CloseCallsFound>& before) {
    const auto put = [this, of = m_run.run()](const std::optional<ui::CloseCallsFound>& found) {
      return [this, of, found] {
        if (m_run.run() == of) m_run.put(found);
      };
    };
    change(undo, tr("find close calls"), put(m_run.found()), put(before));
  });
  auto* formUndo = new FormUndo(undo, tr("choose what flips decisions"), this, [this] { showState(); });
  formUndo->watch({m_what});
  connect(&workbench, &Workbench::activityChanged, this, &CloseCallsPage::showState);
  connect(&workbench, &Workbench::traceChanged, this, &CloseCallsPage::showState);
}

QWidget* CloseCallsPage::makeLeft() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(12, 8, 12, 8);
  column->setSpacing(6);
  auto* form = new QFormLayout;
  m_what = new QComboBox;
  m_what->setObjectName("closeWhat");
  m_what->setAccessibleName(tr("What flips decisions"));
  m_what->addItem(tr("the router rounded to BF16"), static_cast<int>(core::RouterRounding::Bf16));
  m_what->addItem(tr("the router rounded to Q8_0"), static_cast<int>(core::RouterRounding::Q8_0));
  m_what->addItem(tr("a paraphrase"), kParaphrase);
  form->addRow(tr("&Flipped by"), m_what);
  m_text = new QLineEdit;
  m_text->setObjectName("closeText");
  m_text->setAccessibleName(tr("The paraphrase"));
  m_text->setPlaceholderText(tr("the prompt in other words"));
  form->addRow(tr("&Paraphrase"), m_text);
  column->addLayout(form);
  m_start = new QPushButton(tr("Find close calls"));
  m_start->setObjectName("closeRun");
  m_start->setAutoDefault(false);
  auto* line = new QHBoxLayout;
  line->addWidget(m_start);
  line->addStretch(1);
  column->addLayout(line);
  m_progressRow =
      progressPart(&m_bar, "closeProgress", "closeCancel", tr("Progress of the search"), [this] { m_run.cancel(); });
  m_why = wordsPart("problem", "closeWhy");
  m_words = wordsPart("", "closeWords");
  column->addWidget(m_progressRow);
  column->addWidget(m_why);
  column->addWidget(m_words);
  column->addStretch(1);
  connect(m_what, &QComboBox::currentIndexChanged, this, &CloseCallsPage::showState);
  connect(m_text, &QLineEdit::textEdited, this, &CloseCallsPage::showState);
  connect(m_text, &QLineEdit::returnPressed, this, &CloseCallsPage::start);
  connect(m_start, &QPushButton::clicked, this, &CloseCallsPage::start);
  return inside;
}

void CloseCallsPage::makeTable() {
  m_table = new QTableWidget;
  makePlain(*m_table, "closeTable", tr("Close calls"));
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->verticalHeader()->setDefaultSectionSize(20);
  connect(m_table, &QTableWidget::cellClicked, this, [this](int row, int) { goTo(row); });
  connect(m_table, &QTableWidget::cellActivated, this, [this](int row, int) { goTo(row); });
}

void CloseCallsPage::start() {
  const int what = m_what->currentData().toInt();
  if (what == kParaphrase) {
    if (!m_text->text().isEmpty()) m_run.compare(m_text->text());
  } else {
    m_run.round(static_cast<core::RouterRounding>(what));
  }
}

void CloseCallsPage::goTo(int row) {
  const ui::CloseCallsView view = m_run.view(m_instruments.say());
  if (row < 0 || row >= static_cast<int>(view.rows.size())) return;
  const ui::CloseRow& to = view.rows[static_cast<size_t>(row)];
  ui::Cursor cursor = m_workbench.cursor();
  cursor.layer = to.layer;
  cursor.token = to.token;
  cursor.expert = to.expert;
  m_workbench.moveTo(cursor);
}

void CloseCallsPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  showState();
}

void CloseCallsPage::showState() {
  if (!isVisible()) return;
  const bool paraphrase = m_what->currentData().toInt() == kParaphrase;
  const QString why = m_run.busy() ? QString() : m_run.whyNot();
  m_text->setEnabled(paraphrase);
  m_start->setEnabled(why.isEmpty() && !m_run.busy() && (!paraphrase || !m_text->text().isEmpty()));
  m_why->setText(why);
  m_why->setVisible(!why.isEmpty());
  m_progressRow->setVisible(m_run.busy());
  m_bar->setValue(qRound(m_run.share() * 1000));
  const ui::CloseCallsView view = m_run.view(m_instruments.say());
  m_words->setText(QString::fromStdString(view.finding));
  const auto columns = static_cast<int>(view.columns.size());
  m_table->setColumnCount(columns);
  QStringList heads;
  for (const std::string& head : view.columns) heads << QString::fromStdString(head);
  m_table->setHorizontalHeaderLabels(heads);
  m_table->setRowCount(static_cast<int>(view.rows.size()));
  for (size_t row = 0; row < view.rows.size(); ++row) {
    for (int column = 0; column < columns; ++column) {
      const std::string& text = view.rows[row].cells[static_cast<size_t>(column)];
      m_table->setItem(static_cast<int>(row), column, new QTableWidgetItem(QString::fromStdString(text)));
    }
  }
  m_table->resizeColumnsToContents();
}

}  // namespace app
