#include "app/docks/knockout_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/canvas_widget.h"
#include "app/docks/lab_parts.h"
#include "app/form_undo.h"
#include "app/instruments.h"
#include "app/knockout_run.h"
#include "app/undo.h"
#include "ui/instruments/knockout_scene.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

constexpr int kLeftWidth = 380;

}  // namespace

KnockoutPage::KnockoutPage(Workbench& workbench, KnockoutRun& run, const Instruments& instruments,
                           ui::TextShaper& shaper, core::ThreadPool* pool, QUndoStack& undo, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_run(run), m_instruments(instruments), m_undo(undo) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(scrolledPart(makeLeft(), kLeftWidth, tr("The knock-out")));
  m_canvas = new CanvasWidget(shaper, pool);
  m_canvas->setObjectName("knockoutCanvas");
  m_canvas->setAccessibleName(tr("Which expert mattered"));
  m_canvas->setMinimumWidth(240);
  row->addWidget(m_canvas, 1);
  connect(&run, &KnockoutRun::changed, this, &KnockoutPage::showState);
  connect(&run, &KnockoutRun::swept, this, [this](int before, int now) { turnTo(tr("knock out"), before, now); });
  auto* formUndo = new FormUndo(undo, tr("set up a knock-out"), this, [this] { showState(); });
  formUndo->watch({m_layers, m_onlyToken});
  connect(&workbench, &Workbench::cursorMoved, this, &KnockoutPage::showState);
  connect(&workbench, &Workbench::activityChanged, this, &KnockoutPage::showState);
}

QWidget* KnockoutPage::makeLeft() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(12, 8, 12, 8);
  column->setSpacing(6);
  auto* form = new QFormLayout;
  m_layers = new QComboBox;
  m_layers->setObjectName("knockoutLayers");
  m_layers->setAccessibleName(tr("Experts of"));
  m_layers->addItem(tr("the layer at the cursor"));
  m_layers->addItem(tr("all layers"));
  form->addRow(tr("&Experts of"), m_layers);
  m_onlyToken = new QCheckBox(tr("Silence at this &token alone"));
  m_onlyToken->setObjectName("knockoutOnlyToken");
  m_onlyToken->setToolTip(tr("Otherwise at the token and everywhere before it."));
  form->addRow(m_onlyToken);
  m_sweeps = new QComboBox;
  m_sweeps->setObjectName("knockoutSweeps");
  m_sweeps->setAccessibleName(tr("Knock-outs of this run"));
  form->addRow(tr("&Kept"), m_sweeps);
  column->addLayout(form);
  m_start = new QPushButton(tr("Knock out"));
  m_start->setObjectName("knockoutRun");
  m_start->setAutoDefault(false);
  auto* line = new QHBoxLayout;
  line->addWidget(m_start);
  line->addStretch(1);
  column->addLayout(line);
  m_progressRow = progressPart(&m_bar, "knockoutProgress", "knockoutCancel", tr("Progress of the knock-out"),
                               [this] { m_run.cancel(); });
  m_why = wordsPart("problem", "knockoutWhy");
  m_words = wordsPart("", "knockoutWords");
  column->addWidget(m_progressRow);
  column->addWidget(m_why);
  column->addWidget(m_words);
  column->addStretch(1);
  connect(m_start, &QPushButton::clicked, this, &KnockoutPage::start);
  connect(m_sweeps, &QComboBox::activated, this, [this](int index) {
    if (index != m_run.current()) turnTo(tr("choose a knock-out"), m_run.current(), index);
  });
  return inside;
}

// It is about its own run; while another is shown there is nothing to see. A sweep that is taken back stays kept.
void KnockoutPage::turnTo(const QString& words, int before, int now) {
  const auto choose = [this, run = m_run.run()](int sweep) {
    return [this, run, sweep] {
      if (m_run.run() == run) m_run.choose(sweep);
    };
  };
  change(m_undo, words, choose(now), choose(before));
}

void KnockoutPage::startChoosing() { m_start->setFocus(Qt::ShortcutFocusReason); }

void KnockoutPage::start() {
  const core::ModelConfig& config = m_workbench.recorded().config();
  const ui::Cursor& at = m_workbench.cursor();
  core::KnockoutRequest request;
  request.token = at.token;
  request.onlyToken = m_onlyToken->isChecked();
  for (int layer = 0; layer < config.layers; ++layer) {
    const bool wanted = m_layers->currentIndex() == 1 || layer == at.layer;
    if (wanted && config.layer[static_cast<size_t>(layer)].moe) request.layers.push_back(layer);
  }
  if (request.layers.empty()) {
    emit m_workbench.noted(tr("Layer %1 has no experts to silence.").arg(at.layer));
    return;
  }
  m_run.run(request);
}

void KnockoutPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  showState();
}

void KnockoutPage::showState() {
  if (!isVisible()) return;
  const QString why = m_run.busy() ? QString() : m_run.whyNot();
  const ui::Cursor& at = m_workbench.cursor();
  const QString token = QString::fromStdString(ui::quotedToken(m_workbench.source().tokenAt(at.token)));
  m_start->setText(tr("Knock out for token %1 \u201C%2\u201D").arg(at.token).arg(QString(token).replace('&', "&&")));
  m_start->setEnabled(why.isEmpty() && !m_run.busy());
  m_why->setText(why);
  m_why->setVisible(!why.isEmpty());
  m_progressRow->setVisible(m_run.busy());
  m_bar->setValue(qRound(m_run.share() * 1000));
  {
    const QSignalBlocker quiet(m_sweeps);
    m_sweeps->clear();
    for (const core::StoredKnockout& sweep : m_run.sweeps()) {
      const QString where = sweep.onlyToken ? tr("at token %1") : tr("up to token %1");
      m_sweeps->addItem(where.arg(sweep.token) + tr(", %1 experts").arg(sweep.effects.size()) +
                        (sweep.complete ? QString() : tr(", stopped")));
    }
    m_sweeps->setCurrentIndex(m_run.current());
    m_sweeps->setEnabled(m_sweeps->count() > (m_run.current() < 0 ? 0 : 1));
  }
  const ui::KnockoutView view = m_run.view(m_instruments.say());
  QStringList words;
  if (!m_run.remark().isEmpty()) words << m_run.remark();
  for (const std::string* text : {&view.finding, &view.about}) {
    if (!text->empty()) words << QString::fromStdString(*text);
  }
  m_words->setText(words.join("\n\n"));
  showPicture();
}

void KnockoutPage::showPicture() {
  const auto make = [this](ui::Size size) {
    const ui::Look look = m_instruments.plainLook();
    Picture picture;
    picture.scene = ui::makeKnockoutScene(m_run.view(look.say), size, look);
    picture.parts = {{ui::Instrument::Lab, {0, 0, size.width, size.height}, picture.scene.sentence}};
    return picture;
  };
  const auto table = [this](ui::Instrument) {
    const ui::Description all = m_run.view(m_instruments.say()).description;
    return ui::AccessibleTable{all.columns, all.rows};
  };
  m_canvas->setPicture(make, table, m_instruments.theme().bg1);
}

}  // namespace app
