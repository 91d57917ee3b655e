#include "app/docks/change_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "app/canvas_widget.h"
#include "app/changed_run.h"
#include "app/docks/change_form.h"
#include "app/docks/lab_parts.h"
#include "app/instruments.h"
#include "app/lab.h"
#include "app/undo.h"
#include "core/text/tokenizer.h"
#include "ui/instruments/effect_scene.h"

namespace app {
namespace {

constexpr int kFormWidth = 330, kWordsWidth = 320, kListHeight = 58;

}  // namespace

ChangePage::ChangePage(Workbench& workbench, Lab& lab, ChangedRun& run, const Instruments& instruments,
                       ui::TextShaper& shaper, core::ThreadPool* pool, QUndoStack& undo, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_lab(lab), m_run(run), m_instruments(instruments), m_undo(undo) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(scrolledPart(makeLeft(), kFormWidth, tr("The change")));
  row->addWidget(scrolledPart(makeWords(), kWordsWidth, tr("What it did")));
  m_canvas = new CanvasWidget(shaper, pool);
  m_canvas->setObjectName("effectCanvas");
  m_canvas->setAccessibleName(tr("What the change did, by position"));
  m_canvas->setMinimumWidth(200);
  row->addWidget(m_canvas, 1);
  connect(&run, &ChangedRun::changed, this, &ChangePage::showState);
  connect(&workbench, &Workbench::cursorMoved, this, &ChangePage::showState);
  connect(&workbench, &Workbench::traceChanged, this, &ChangePage::showState);
  connect(&workbench, &Workbench::activityChanged, this, &ChangePage::showState);
}

QWidget* ChangePage::makeLeft() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(0, 0, 0, 8);
  column->setSpacing(5);
  m_form = new ChangeForm(m_undo);
  column->addWidget(m_form);
  auto* buttons = new QHBoxLayout;
  buttons->setContentsMargins(12, 0, 12, 0);
  auto* add = new QPushButton(tr("Add to the list"));
  add->setObjectName("changeAdd");
  m_remove = new QPushButton(tr("Remove"));
  m_remove->setObjectName("changeRemove");
  buttons->addWidget(add);
  buttons->addWidget(m_remove);
  buttons->addStretch(1);
  column->addLayout(buttons);
  m_list = new QListWidget;
  m_list->setObjectName("changeList");
  m_list->setAccessibleName(tr("Changes that act together"));
  m_list->setFixedHeight(kListHeight);
  column->addWidget(m_list);
  column->addStretch(1);
  connect(add, &QPushButton::clicked, this, &ChangePage::addChange);
  connect(m_remove, &QPushButton::clicked, this, [this] {
    const int at = m_list->currentRow();
    if (at < 0) return;
    std::vector<core::Intervention> less = m_changes;
    less.erase(less.begin() + at);
    setChanges(tr("remove a change"), std::move(less));
  });
  return inside;
}

QWidget* ChangePage::makeWords() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(12, 8, 12, 8);
  column->setSpacing(6);
  const auto field = [](const QString& name, const QString& words, const QString& hint) {
    auto* made = new QLineEdit;
    made->setObjectName(name);
    made->setAccessibleName(words);
    made->setPlaceholderText(hint);
    return made;
  };
  m_target = field("changeTarget", tr("Target token"), tr("target: \u201C tree\u201D"));
  m_distractor = field("changeDistractor", tr("Distractor token"), tr("against: \u201C house\u201D"));
  auto* followed = new QHBoxLayout;
  followed->addWidget(m_target);
  followed->addWidget(m_distractor);
  column->addLayout(followed);
  m_start = new QPushButton(tr("Run again with this"));
  m_start->setObjectName("changeRun");
  m_start->setAutoDefault(false);
  connect(m_start, &QPushButton::clicked, this,
          [this] { runWith(m_changes.empty() ? std::vector<core::Intervention>{m_form->change()} : m_changes); });
  m_progressRow =
      progressPart(&m_bar, "changeProgress", "changeCancel", tr("Progress of the run"), [this] { m_run.cancel(); });
  m_why = wordsPart("problem", "changeWhy");
  m_words = wordsPart("", "changeWords");
  auto* line = new QHBoxLayout;
  line->addWidget(m_start);
  line->addStretch(1);
  column->addLayout(line);
  column->addWidget(m_progressRow);
  column->addWidget(m_why);
  column->addWidget(m_words);
  column->addStretch(1);
  return inside;
}

void ChangePage::startChoosing() { findChild<QWidget*>("changeKind")->setFocus(Qt::ShortcutFocusReason); }

void ChangePage::addChange() {
  if (m_workbench.recorded().empty()) return;
  std::vector<core::Intervention> more = m_changes;
  more.push_back(m_form->change());
  setChanges(tr("add a change"), std::move(more));
}

void ChangePage::setChanges(const QString& words, std::vector<core::Intervention> list) {
  change(
      m_undo, words, [this, list = std::move(list)] { showChanges(list); },
      [this, before = m_changes] { showChanges(before); });
}

void ChangePage::showChanges(const std::vector<core::Intervention>& list) {
  m_changes = list;
  m_list->clear();
  const int layers = m_workbench.recorded().empty() ? 0 : m_workbench.recorded().config().layers;
  for (const core::Intervention& one : m_changes) {
    m_list->addItem(QString::fromStdString(core::interventionText(one, layers)));
  }
  m_list->setCurrentRow(m_list->count() - 1);
  showState();
}

// The first token of what is typed.
std::optional<int32_t> ChangePage::tokenOf(const QLineEdit& field) const {
  if (field.text().isEmpty() || !m_workbench.model() || !m_workbench.model()->tokenizer) return std::nullopt;
  const auto ids = m_workbench.model()->tokenizer->encode(field.text().toStdString(), false);
  return ids && !ids->empty() ? std::optional((*ids)[0]) : std::nullopt;
}

void ChangePage::runWith(std::vector<core::Intervention> list) {
  m_run.run(std::move(list), {tokenOf(*m_target), tokenOf(*m_distractor)});
}

void ChangePage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  showState();
}

void ChangePage::showState() {
  if (!isVisible()) return;
  const core::Trace& recorded = m_workbench.recorded();
  const QString why = m_run.busy() ? QString() : m_run.whyNot();
  if (!recorded.empty()) {
    m_form->setModel(recorded.config(), recorded.length());
    m_form->follow(m_workbench.cursor());
    m_form->setPolicy(m_lab.policyToEdit());
  }
  m_start->setEnabled(why.isEmpty() && !m_run.busy());
  m_start->setText(m_changes.empty() ? tr("Run again with this") : tr("Run again with the list"));
  m_remove->setEnabled(!m_changes.empty());
  m_why->setText(why);
  m_why->setVisible(!why.isEmpty());
  m_progressRow->setVisible(m_run.busy());
  m_bar->setValue(qRound(m_run.share() * 1000));
  const ui::EffectView view = m_run.view(m_instruments.say());
  QStringList words;
  if (!m_run.remark().isEmpty()) words << m_run.remark();
  for (const std::string* text : {&view.label, &view.atToken, &view.followed, &view.parting}) {
    if (!text->empty()) words << QString::fromStdString(*text);
  }
  if (view.panel.notice)
    words << QString::fromStdString(view.panel.notice->heading + " " + view.panel.notice->sentence);
  m_words->setText(words.join("\n\n"));
  showPicture();
}

void ChangePage::showPicture() {
  const auto make = [this](ui::Size size) {
    const ui::Look look = m_instruments.plainLook();
    Picture picture;
    picture.scene = ui::makeEffectScene(m_run.view(look.say), size, look);
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
