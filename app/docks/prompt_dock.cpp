#include "app/docks/prompt_dock.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "app/docks/chat_row.h"
#include "app/docks/sampling_row.h"
#include "app/sample_prompt.h"
#include "app/workbench.h"
#include "core/text/chat.h"

namespace app {

PromptDock::PromptDock(Workbench& workbench, QWidget* parent)
    : Dock(tr("Prompt"), "promptDock", parent), m_workbench(workbench) {
  auto* inner = new QVBoxLayout;
  inner->setContentsMargins(12, 8, 12, 12);
  inner->setSpacing(8);
  body()->addLayout(inner);

  m_editor = new QPlainTextEdit;
  m_editor->setObjectName("promptEditor");
  m_editor->setAccessibleName(tr("Prompt"));
  m_editor->setPlaceholderText(tr("Write something for the model to read."));
  m_editor->setTabChangesFocus(true);
  inner->addWidget(m_editor, 1);

  m_chat = new ChatRow(workbench);
  inner->addWidget(m_chat);
  connect(m_chat, &ChatRow::changed, this, [this] { m_edited = true; });

  auto* generateRow = new QHBoxLayout;
  auto* generateLabel = new QLabel(tr("&Generate"));
  m_generate = new QSpinBox;
  m_generate->setObjectName("promptGenerate");
  m_generate->setAccessibleName(tr("Tokens to generate"));
  m_generate->setRange(0, 4096);
  m_generate->setValue(kSampleTokens);
  m_generate->setSuffix(tr(" tokens"));
  m_generate->setButtonSymbols(QAbstractSpinBox::NoButtons);
  generateLabel->setBuddy(m_generate);
  generateRow->addWidget(generateLabel);
  generateRow->addWidget(m_generate);
  generateRow->addStretch(1);
  inner->addLayout(generateRow);

  inner->addWidget(new SamplingRow(workbench));

  auto* capacityRow = new QHBoxLayout;
  m_simulate = new QCheckBox(tr("Simulate &capacity"));
  m_simulate->setObjectName("promptSimulate");
  m_simulate->setToolTip(tr("Shows which choices a capacity rule would drop. The model itself drops none."));
  m_factor = new QDoubleSpinBox;
  m_factor->setObjectName("promptFactor");
  m_factor->setAccessibleName(tr("Capacity factor"));
  m_factor->setRange(0.1, 16);
  m_factor->setSingleStep(0.25);
  m_factor->setValue(kSampleCapacity);
  m_factor->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_factor->setEnabled(false);
  connect(m_simulate, &QCheckBox::toggled, m_factor, &QWidget::setEnabled);
  capacityRow->addWidget(m_simulate);
  capacityRow->addWidget(m_factor);
  capacityRow->addStretch(1);
  inner->addLayout(capacityRow);

  m_keep = new QCheckBox(tr("&Keep the run"));
  m_keep->setObjectName("promptKeep");
  m_keep->setToolTip(tr("Without it the run is shown, but nothing of it is written to the database."));
  m_keep->setChecked(true);
  inner->addWidget(m_keep);

  auto* buttons = new QHBoxLayout;
  m_run = new QPushButton(tr("Run"));
  m_run->setObjectName("runButton");
  m_run->setDefault(true);
  m_run->setToolTip(tr("Ctrl Enter"));
  auto* sample = new QPushButton(tr("Sample prompt"));
  sample->setObjectName("sampleButton");
  m_hint = new QLabel;
  m_hint->setProperty("role", "hint");
  m_hint->setWordWrap(true);
  buttons->addWidget(m_run);
  buttons->addWidget(sample);
  buttons->addStretch(1);
  inner->addLayout(buttons);
  inner->addWidget(m_hint);

  connect(m_run, &QPushButton::clicked, this, &PromptDock::run);
  connect(sample, &QPushButton::clicked, this, &PromptDock::runSample);
  connect(m_editor, &QPlainTextEdit::textChanged, this, [this] {
    m_edited = m_editor->hasFocus();
    m_chat->showText(m_editor->toPlainText());
    showState();
  });
  connect(&workbench, &Workbench::activityChanged, this, &PromptDock::showState);
  connect(&workbench, &Workbench::modelChanged, this, &PromptDock::showState);
  connect(&workbench, &Workbench::traceChanged, this, &PromptDock::showRun);
  showState();
}

void PromptDock::startWriting() {
  show();
  raise();
  m_editor->setFocus(Qt::ShortcutFocusReason);
  m_editor->selectAll();
}

void PromptDock::setText(const QString& text) { m_editor->setPlainText(text); }

void PromptDock::run() {
  if (!m_run->isEnabled()) return;
  PromptRequest request;
  request.text = m_chat->wrapped(m_editor->toPlainText()).toStdString();
  request.chat = m_chat->form().toStdString();
  request.generate = m_generate->value();
  request.capture = m_capture;
  request.storeFull = m_storeFull;
  request.sampling = m_workbench.sampling();
  request.keep = m_keep->isChecked();
  if (m_simulate->isChecked()) request.simulatedCapacity = m_factor->value();
  m_edited = false;
  m_workbench.run(request);
}

void PromptDock::runSample() {
  PromptRequest request;
  request.text = kSamplePrompt;
  request.generate = kSampleTokens;
  request.simulatedCapacity = kSampleCapacity;
  request.place = PlaceCursor::FirstDropped;
  m_edited = false;
  m_workbench.run(request);
}

void PromptDock::showState() {
  QString why;
  if (!m_workbench.model()) {
    why = m_workbench.activity() == Workbench::Activity::OpeningModel ? tr("The model is being opened.")
                                                                      : tr("Open a model first.");
  } else if (!m_workbench.model()->tokenizer) {
    why = tr("This model has no tokenizer, so text cannot be run.");
  } else if (m_editor->toPlainText().isEmpty()) {
    why = tr("Write a prompt, then press Ctrl Enter.");
  }
  m_run->setEnabled(why.isEmpty());
  m_hint->setText(why);
  m_hint->setVisible(!why.isEmpty());
}

// The editor shows the prompt of the run that is looked at, unless the user is writing another one.
void PromptDock::showRun() {
  const core::Trace& trace = m_workbench.trace();
  if (m_edited || trace.empty() || !trace.info().prompt) return;
  // A chat is shown as it was typed, and its form as it was chosen.
  QString prompt = QString::fromStdString(*trace.info().prompt), form;
  if (const core::ChatWrapper* wrapper = core::chatWrapperNamed(trace.info().chat)) {
    if (const auto typed = core::unwrapChat(*wrapper, *trace.info().prompt)) {
      prompt = QString::fromStdString(*typed);
      form = QString::fromStdString(trace.info().chat);
    }
  }
  if (m_editor->toPlainText() == prompt && m_chat->form() == form) return;
  m_chat->setForm(form);
  m_edited = false;
  m_editor->setPlainText(prompt);
  const core::CapacityOptions& capacity = trace.info().capacity;
  m_simulate->setChecked(capacity.active && capacity.simulated);
  if (capacity.active) m_factor->setValue(capacity.factor);
}

}  // namespace app
