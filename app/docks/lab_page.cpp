#include "app/docks/lab_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QTableWidget>
#include <QVBoxLayout>

#include "app/docks/lab_controls.h"
#include "app/docks/lab_parts.h"
#include "app/docks/plain_table.h"
#include "app/instruments.h"
#include "app/lab.h"

namespace app {
namespace {

constexpr int kControlsWidth = 350, kWordsWidth = 300;

}  // namespace

LabPage::LabPage(Workbench& workbench, Lab& lab, const Instruments& instruments, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_lab(lab), m_instruments(instruments) {
  m_controls = new LabControls;
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(scrolledPart(m_controls, kControlsWidth, tr("Controls of the replay")));
  row->addWidget(scrolledPart(makeWords(), kWordsWidth, tr("About the replay")));
  makeTable();
  row->addWidget(m_table, 1);
  connect(m_controls, &LabControls::changeEdited, this, &LabPage::changeEdited);
  connect(m_controls, &LabControls::capacityEdited, this, &LabPage::capacityEdited);
  connect(&lab, &Lab::changed, this, &LabPage::showLab);
  connect(&workbench, &Workbench::cursorMoved, this, &LabPage::showLab);
}

QWidget* LabPage::makeWords() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(12, 8, 12, 8);
  column->setSpacing(6);
  m_name = wordsPart("", "labName");
  m_about = wordsPart("secondary", "labAbout");
  m_problem = wordsPart("problem", "labProblem");
  m_progressRow =
      progressPart(&m_bar, "labProgress", "labCancel", tr("Progress of the replay"), [this] { m_lab.cancel(); });
  const auto button = [](const QString& text, const QString& name, const QString& tip) {
    auto* made = new QPushButton(text);
    made->setObjectName(name);
    made->setToolTip(tip);
    return made;
  };
  m_reset = button(tr("As recorded"), "labReset", tr("Shows the run itself."));
  m_keep = button(tr("Keep\u2026"), "labKeep", tr("Keeps this replay in the sessions, under its run."));
  auto* write = button(tr("Export\u2026"), "labExport", tr("Writes what is shown to a file."));
  connect(m_reset, &QPushButton::clicked, this, [this] { emit changeEdited(std::nullopt); });
  connect(m_keep, &QPushButton::clicked, this, &LabPage::keepAsked);
  connect(write, &QPushButton::clicked, this, &LabPage::exportAsked);
  auto* first = new QHBoxLayout;
  for (QPushButton* each : {m_reset, m_keep, write}) {
    each->setAutoDefault(false);
    first->addWidget(each);
  }
  first->addStretch(1);
  column->addWidget(m_name);
  column->addWidget(m_progressRow);
  column->addWidget(m_problem);
  column->addLayout(first);
  column->addWidget(m_about);
  column->addStretch(1);
  return inside;
}

void LabPage::makeTable() {
  m_table = new QTableWidget;
  makePlain(*m_table, "labTable", tr("What was tried"));
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->verticalHeader()->setDefaultSectionSize(20);
  connect(m_table, &QTableWidget::cellActivated, this, [this](int row, int) {
    if (row < static_cast<int>(m_lab.tries().size())) emit tryChosen(m_lab.tries()[static_cast<size_t>(row)]);
  });
}

void LabPage::startChoosing() { findChild<QComboBox*>("labPolicy")->setFocus(Qt::ShortcutFocusReason); }

void LabPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  m_lab.setWatched(true);
  showLab();
}

void LabPage::hideEvent(QHideEvent* event) {
  m_lab.setWatched(false);
  QWidget::hideEvent(event);
}

void LabPage::showLab() {
  if (!isVisible()) return;
  const ui::LabView view = m_lab.view(m_instruments.say());
  const core::Trace& trace = m_workbench.trace();
  m_controls->show(view, m_lab.change(), m_workbench.capacityToEdit(), !trace.empty() && trace.info().capacity.active);
  m_name->setText(QString::fromStdString(view.whyNot.empty() ? view.name : view.whyNot));
  QStringList about;
  for (const std::string* text : {&view.exactness, &view.causality, &view.openLoop}) {
    if (!text->empty()) about << QString::fromStdString(*text);
  }
  m_about->setText(about.join("\n\n"));
  m_problem->setText(m_lab.problem());
  m_problem->setVisible(!m_lab.problem().isEmpty());
  m_progressRow->setVisible(m_lab.busy());
  m_bar->setValue(qRound(m_lab.share() * 1000));
  m_reset->setEnabled(m_lab.change().has_value());
  m_keep->setEnabled(m_workbench.replayIsShown() && !m_lab.busy() && !m_workbench.readOnly());
  fillTable(view);
}

void LabPage::fillTable(const ui::LabView& view) {
  const auto columns = static_cast<int>(view.columns.size());
  m_table->setColumnCount(columns);
  QStringList heads;
  for (const std::string& head : view.columns) heads << QString::fromStdString(head);
  m_table->setHorizontalHeaderLabels(heads);
  m_table->setRowCount(static_cast<int>(view.tries.size() + view.bounds.size()));
  int at = 0;
  for (const auto* rows : {&view.tries, &view.bounds}) {
    for (const ui::LabRow& row : *rows) {
      for (int column = 0; column < columns; ++column) {
        auto* item = new QTableWidgetItem(QString::fromStdString(row.cells[static_cast<size_t>(column)]));
        item->setToolTip(item->text());
        if (column >= 2) item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        if (rows == &view.bounds) item->setFlags(Qt::ItemIsEnabled);
        m_table->setItem(at, column, item);
      }
      if (row.current) m_table->selectRow(at);
      ++at;
    }
  }
  // The longest words give way, the numbers do not.
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

}  // namespace app
