#include "app/dialogs/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStandardPaths>

#include "app/workbench.h"

namespace app {
namespace {

QSpinBox* numberBox(const QString& objectName, const QString& name, int most) {
  auto* box = new QSpinBox;
  box->setObjectName(objectName);
  box->setAccessibleName(name);
  box->setRange(0, most);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  return box;
}

QLabel* note(const QString& objectName) {
  auto* label = new QLabel;
  label->setObjectName(objectName);
  label->setProperty("role", "label");
  label->setWordWrap(true);
  return label;
}

}  // namespace

ExportDialog::ExportDialog(Workbench& workbench, int rangeFirst, int rangeLast, QWidget* parent)
    : QDialog(parent), m_workbench(workbench), m_trace(workbench.trace()) {
  setObjectName("exportDialog");
  setWindowTitle(tr("Export run"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(16, 16, 16, 16);
  grid->setVerticalSpacing(8);
  grid->setHorizontalSpacing(12);
  grid->setColumnStretch(1, 1);
  int line = 0;
  const auto row = [&](const QString& name, QWidget* widget) {
    auto* label = new QLabel(name);
    label->setBuddy(widget);
    grid->addWidget(label, line, 0, Qt::AlignTop);
    grid->addWidget(widget, line++, 1, 1, 3);
  };
  m_format = new QComboBox;
  m_format->setObjectName("exportFormat");
  m_format->setAccessibleName(tr("Format"));
  for (const ExportFormat& format : exportFormats()) m_format->addItem(tr(format.what), QString(format.extension));
  row(tr("Format"), m_format);
  m_scope = new QComboBox;
  m_scope->setObjectName("exportScope");
  m_scope->setAccessibleName(tr("Tokens"));
  m_scope->addItem(tr("Whole run, %1 tokens").arg(m_trace.length()));
  m_scope->addItem(tr("Range of tokens and layers"));
  m_scope->addItem(tr("Token and layer at the cursor"));
  row(tr("What"), m_scope);
  const int lastToken = m_trace.length() - 1, lastLayer = m_trace.config().layers - 1;
  m_firstToken = numberBox("exportFirstToken", tr("First token"), lastToken);
  m_lastToken = numberBox("exportLastToken", tr("Last token"), lastToken);
  m_firstLayer = numberBox("exportFirstLayer", tr("First layer"), lastLayer);
  m_lastLayer = numberBox("exportLastLayer", tr("Last layer"), lastLayer);
  const auto pair = [&](const QString& name, QSpinBox* first, QSpinBox* last) {
    grid->addWidget(new QLabel(name), line, 0);
    grid->addWidget(first, line, 1);
    grid->addWidget(new QLabel(tr("to")), line, 2);
    grid->addWidget(last, line++, 3);
    grid->setColumnStretch(3, 1);
  };
  pair(tr("Tokens"), m_firstToken, m_lastToken);
  pair(tr("Layers"), m_firstLayer, m_lastLayer);
  m_rangeNote = note("exportRangeNote");
  grid->addWidget(m_rangeNote, line++, 1, 1, 3);
  m_prompt = new QCheckBox(tr("Include the prompt\u2019s text"));
  m_prompt->setObjectName("exportPrompt");
  m_prompt->setChecked(true);
  grid->addWidget(m_prompt, line++, 1, 1, 3);
  m_promptNote = note("exportPromptNote");
  grid->addWidget(m_promptNote, line++, 1, 1, 3);
  auto* fileRow = new QWidget;
  auto* files = new QHBoxLayout(fileRow);
  files->setContentsMargins(0, 0, 0, 0);
  m_file = new QLineEdit;
  m_file->setObjectName("exportFile");
  m_file->setAccessibleName(tr("File"));
  auto* pick = new QPushButton(tr("Choose\u2026"));
  pick->setAutoDefault(false);
  files->addWidget(m_file, 1);
  files->addWidget(pick);
  row(tr("File"), fileRow);
  m_message = note("exportMessage");
  m_message->setProperty("role", "problem");
  grid->addWidget(m_message, line++, 0, 1, 4);
  auto* buttons = new QHBoxLayout;
  auto* cancel = new QPushButton(tr("Cancel"));
  cancel->setAutoDefault(false);
  m_write = new QPushButton(tr("Export"));
  m_write->setObjectName("exportWrite");
  m_write->setDefault(true);
  buttons->addStretch(1);
  buttons->addWidget(cancel);
  buttons->addWidget(m_write);
  grid->addLayout(buttons, line, 0, 1, 4);
  setMinimumWidth(520);

  m_lastToken->setValue(rangeLast >= 0 ? rangeLast : lastToken);
  m_firstToken->setValue(rangeFirst >= 0 ? rangeFirst : 0);
  m_lastLayer->setValue(lastLayer);
  if (rangeFirst >= 0) m_scope->setCurrentIndex(Range);
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
  const QString name = m_workbench.runId() ? QStringLiteral("run-%1").arg(*m_workbench.runId()) : QStringLiteral("run");
  m_file->setText(QDir(folder).filePath(name + m_format->currentData().toString()));

  connect(m_format, &QComboBox::currentIndexChanged, this, &ExportDialog::showChoices);
  connect(m_scope, &QComboBox::currentIndexChanged, this, &ExportDialog::showChoices);
  connect(m_file, &QLineEdit::textChanged, this, [this] { m_message->clear(); });
  connect(pick, &QPushButton::clicked, this, &ExportDialog::pickFile);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_write, &QPushButton::clicked, this, &ExportDialog::write);
  showChoices();
}

core::TraceRange ExportDialog::range() const {
  if (m_scope->currentIndex() == Whole) return core::wholeRange(m_trace);
  if (m_scope->currentIndex() == AtCursor) {
    const ui::Cursor& at = m_workbench.cursor();
    return {at.token, at.token, at.layer, at.layer};
  }
  return {m_firstToken->value(), m_lastToken->value(), m_firstLayer->value(), m_lastLayer->value()};
}

void ExportDialog::showChoices() {
  const ExportFormat& format = exportFormats().at(static_cast<size_t>(m_format->currentIndex()));
  const bool some = m_scope->currentIndex() == Range;
  for (QWidget* box : std::initializer_list<QWidget*>{m_firstToken, m_lastToken, m_firstLayer, m_lastLayer}) {
    box->setEnabled(some);
  }
  const bool part = m_scope->currentIndex() != Whole;
  m_rangeNote->setText(part && m_trace.info().capacity.active
                           ? tr("Slots and drops are those of the whole run; the part names no rule of its own.")
                           : QString());
  m_rangeNote->setVisible(!m_rangeNote->text().isEmpty());
  m_prompt->setEnabled(format.withoutPrompt);
  if (!format.withoutPrompt) m_prompt->setChecked(true);
  m_promptNote->setText(format.withoutPrompt
                            ? tr("Without it the file holds the numbers alone: no text and no ids of the prompt. It "
                                 "cannot be opened again as a run.")
                            : tr("A page or a database is nothing without its tokens."));
  // The name keeps its words and takes the format's ending.
  const QFileInfo file(m_file->text());
  const QString name = file.path() + '/' + file.completeBaseName() + format.extension;
  if (m_file->text() != name) m_file->setText(name);
}

void ExportDialog::pickFile() {
  auto* ask = new QFileDialog(this, tr("Export run"), m_file->text());
  ask->setAttribute(Qt::WA_DeleteOnClose);
  ask->setAcceptMode(QFileDialog::AcceptSave);
  ask->setDefaultSuffix(m_format->currentData().toString().mid(1));
  connect(ask, &QFileDialog::fileSelected, m_file, &QLineEdit::setText);
  ask->open();
}

void ExportDialog::write() {
  ExportOrder order;
  order.trace = m_trace;
  order.range = range();
  order.withPrompt = m_prompt->isChecked();
  order.tokenText = m_workbench.source().tokenText;
  order.interrupted = m_workbench.row() && m_workbench.row()->state != core::RunState::Complete;
  const QString file = m_file->text().trimmed();
  if (order.range.firstToken > order.range.lastToken || order.range.firstLayer > order.range.lastLayer) {
    m_message->setText(tr("The range ends before it begins."));
    return;
  }
  order.out = file.toStdString();
  m_write->setEnabled(false);
  m_message->setText(tr("Writing\u2026"));
  m_workbench.askDisk("", this, [this, order, file]() -> Workbench::Answer {
    const core::Status status = exportRun(order);
    return [this, status, file] { written(status, file); };
  });
}

void ExportDialog::written(const core::Status& status, const QString& file) {
  m_write->setEnabled(true);
  if (!status) {
    m_message->setText(QString::fromStdString(status.error().message));
    return;
  }
  emit m_workbench.noted(tr("Exported to %1").arg(file));
  accept();
}

}  // namespace app
