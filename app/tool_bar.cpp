#include "app/tool_bar.h"

#include <QComboBox>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "app/arrow_icons.h"
#include "app/number_field.h"
#include "app/style.h"
#include "app/workbench.h"

namespace app {
namespace {

constexpr int kNameRoom = 150;  // pixels; names of branches are long

// Buttons that belong together stand edge to edge.
QWidget* joined(const std::vector<QToolButton*>& buttons) {
  auto* group = new QWidget;
  auto* row = new QHBoxLayout(group);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  for (QToolButton* button : buttons) row->addWidget(button);
  return group;
}

}  // namespace

ToolBar::ToolBar(Workbench& workbench, QWidget* parent) : QWidget(parent), m_workbench(workbench) {
  setObjectName("toolBar");
  setAccessibleName(tr("Tools"));
  setAttribute(Qt::WA_StyledBackground);
  m_row = new QHBoxLayout(this);
  m_row->setContentsMargins(12, 0, 12, 1);
  m_row->setSpacing(8);

  m_row->addWidget(joined({addStep(-1, true, tr("First token"), "Home", [this] { m_workbench.moveToToken(0); }),
                           addStep(-1, false, tr("Previous token"), "\u2190", [this] { m_workbench.stepToken(-1); }),
                           addStep(1, false, tr("Next token"), "\u2192", [this] { m_workbench.stepToken(1); }),
                           addStep(1, true, tr("Last token"), "End",
                                   [this] { m_workbench.moveToToken(m_workbench.trace().length() - 1); })}));
  m_token = new NumberField(tr("token"), {}, NumberField::Arrows::LeftRight);
  m_layer = new NumberField(tr("layer"), {}, NumberField::Arrows::UpDown);
  m_expert = new NumberField(tr("expert"), "E", NumberField::Arrows::UpDown);
  for (NumberField* field : {m_token, m_layer, m_expert}) {
    m_row->addWidget(field, 0, Qt::AlignVCenter);
    connect(field, &NumberField::edited, this, [this] {
      ui::Cursor cursor = m_workbench.cursor();
      cursor.token = m_token->value();
      cursor.layer = m_layer->value();
      cursor.expert = m_expert->value();
      m_workbench.moveTo(cursor);
    });
  }
  m_router = new QComboBox;
  m_router->setObjectName("toolRouter");
  m_router->setAccessibleName(tr("Router of the layer"));
  m_router->setToolTip(tr("This model has two routers a layer; the instruments show one of them."));
  m_router->addItems({tr("feed-forward experts"), tr("attention experts")});
  connect(m_router, &QComboBox::activated, this, [this](int index) { m_workbench.showAttention(index == 1); });
  m_row->addWidget(m_router, 0, Qt::AlignVCenter);
  addSeparator();
  auto* generate = new QLabel(tr("Generate"));
  generate->setProperty("role", "label");
  m_row->addWidget(generate);
  QWidget* buttons = joined({addGenerate("1", 1), addGenerate("10", 10), addGenerate(tr("until stop"), kUntilStop)});
  m_row->addWidget(buttons);
  m_generateParts = {generate, buttons, addSeparator()};
  m_name = new QLabel;
  m_name->setObjectName("runName");
  m_where = new QLabel;
  m_where->setProperty("role", "label");
  m_row->addWidget(m_name);
  m_row->addWidget(m_where);
  m_name->setTextFormat(Qt::PlainText);
  m_where->setTextFormat(Qt::PlainText);
  m_badge = new QLabel(tr("recorded"));
  m_badge->setObjectName("recordedBadge");
  m_badge->setProperty("role", "badge");
  m_badge->setToolTip(
      tr("This run was read from a file and its model is not open: everything can be looked at, nothing "
         "can be run again."));
  m_badge->setAccessibleDescription(m_badge->toolTip());
  m_row->addWidget(m_badge, 0, Qt::AlignVCenter);
  auto* stretch = new QWidget;
  stretch->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  m_row->addWidget(stretch);
  m_find = new QToolButton;
  m_find->setObjectName("commandField");
  m_find->setText(tr("Find or run a command      Ctrl K"));
  m_find->setAccessibleName(tr("Find or run a command"));
  m_find->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  connect(m_find, &QToolButton::clicked, this, &ToolBar::commandsAsked);
  m_row->addWidget(m_find);

  connect(&workbench, &Workbench::traceChanged, this, &ToolBar::showTrace);
  connect(&workbench, &Workbench::modelChanged, this, &ToolBar::showTrace);
  connect(&workbench, &Workbench::cursorMoved, this, &ToolBar::showCursor);
  connect(&workbench, &Workbench::activityChanged, this, &ToolBar::showState);
  connect(&workbench, &Workbench::sessionsChanged, this, &ToolBar::showTrace);
  showTrace();
}

QToolButton* ToolBar::addStep(int direction, bool toEnd, const QString& name, const QString& keys,
                              const std::function<void()>& act) {
  auto* button = new QToolButton;
  button->setProperty("role", "step");
  button->setToolTip(QStringLiteral("%1  %2").arg(name, keys));
  button->setAccessibleName(name);
  button->setAutoRepeat(!toEnd);
  connect(button, &QToolButton::clicked, this, act);
  m_steps.push_back({button, direction, toEnd});
  return button;
}

QToolButton* ToolBar::addGenerate(const QString& text, int tokens) {
  auto* button = new QToolButton;
  button->setText(text);
  button->setObjectName(tokens == kUntilStop ? QStringLiteral("generateUntilStop")
                                             : QStringLiteral("generate%1").arg(tokens));
  button->setAccessibleName(tokens == kUntilStop ? tr("Generate until the end-of-sequence token")
                            : tokens == 1        ? tr("Generate one token")
                                                 : tr("Generate %1 tokens").arg(tokens));
  connect(button, &QToolButton::clicked, this, [this, tokens] { m_workbench.generate(tokens); });
  m_generate.push_back(button);
  return button;
}

void ToolBar::setTheme(const ui::Theme& theme) {
  for (const Step& step : m_steps) {
    const int size = qRound(theme.px(12));
    step.button->setIcon(arrowIcon(step.direction < 0 ? Arrow::Left : Arrow::Right, step.toEnd, theme, size));
    step.button->setIconSize({size, size});
  }
  for (NumberField* field : {m_token, m_layer, m_expert}) {
    field->setTheme(theme);
    field->setFixedHeight(qRound(theme.px(24)) + 2);
  }
  m_name->setFont(wordFont(theme, ui::kSizeWord, 600));
  fit();
}

QWidget* ToolBar::addSeparator() {
  auto* line = new QFrame;
  line->setObjectName("separator");
  line->setFixedSize(1, 20);
  m_row->addSpacing(4);
  m_row->addWidget(line);
  m_row->addSpacing(4);
  return line;
}

void ToolBar::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit();
}

// Generate and the commands are in the menus too.
void ToolBar::fit() {
  const auto tooWide = [this] { return m_row->minimumSize().width() > width(); };
  for (QWidget* part : m_generateParts) part->show();
  m_where->show();
  m_find->setText(tr("Find or run a command      Ctrl K"));
  if (tooWide()) m_find->setText(tr("Ctrl K"));
  if (tooWide()) m_where->hide();
  if (tooWide()) {
    for (QWidget* part : m_generateParts) part->hide();
  }
}

void ToolBar::showTrace() {
  const core::Trace& trace = m_workbench.trace();
  const ui::CursorSpace space = ui::cursorSpace(m_workbench.source().trace);
  m_router->setVisible(m_workbench.hasAttentionRouter());
  m_router->setCurrentIndex(m_workbench.showsAttention() ? 1 : 0);
  m_token->setCount(space.tokens);
  m_layer->setCount(space.layers);
  m_expert->setCount(space.experts);
  for (const Step& step : m_steps) step.button->setEnabled(space.tokens > 0);
  QString name, where;
  if (!trace.empty()) {
    const core::RunInfo& info = trace.info();
    if (const auto id = m_workbench.runId()) {
      if (const core::RunRow* row = m_workbench.rowOf(*id)) name = QString::fromStdString(row->name);
      if (name.isEmpty()) name = tr("Run %1").arg(*id);
    } else if (!m_workbench.snapshot().isEmpty()) {
      name = QFileInfo(m_workbench.snapshot()).fileName();
    }
    QStringList facts{QString::fromStdString(info.modelName), QString::fromStdString(info.engine.engine).toUpper()};
    facts.removeAll(QString());
    where = facts.join(QStringLiteral(" \u00B7 "));
  } else if (m_workbench.model()) {
    where = QString::fromStdString(m_workbench.model()->name);
  }
  m_name->setText(m_name->fontMetrics().elidedText(name, Qt::ElideMiddle, kNameRoom));
  m_name->setToolTip(name);
  m_where->setText(where);
  m_badge->setVisible(!m_workbench.snapshot().isEmpty() && !m_workbench.modelOfRunIsOpen());
  showCursor();
  showState();
  fit();
}

void ToolBar::showCursor() {
  const ui::Cursor& cursor = m_workbench.cursor();
  m_token->setValue(cursor.token);
  m_layer->setValue(cursor.layer);
  m_expert->setValue(cursor.expert);
}

void ToolBar::showState() {
  const bool can = m_workbench.canGenerate();
  for (QToolButton* button : m_generate) {
    button->setEnabled(can);
    button->setToolTip(can ? button->accessibleName() : m_workbench.whyNotGenerate());
  }
}

}  // namespace app
