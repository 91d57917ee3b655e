#include "app/dialogs/command_dialog.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPointer>
#include <QVBoxLayout>

#include "app/workbench.h"
#include "ui/numbers.h"
#include "ui/views/find.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

constexpr int kMostTokens = 100;

QString plainText(const QAction& action) {
  QString text = action.text().section('\t', 0, 0);
  text.remove('&');
  const QString keys = action.shortcut().isEmpty() ? action.text().section('\t', 1)
                                                   : action.shortcut().toString(QKeySequence::NativeText);
  return keys.isEmpty() ? text : QStringLiteral("%1   %2").arg(text, keys);
}

void collect(const QMenu& menu, const QString& path, std::vector<std::pair<QString, QAction*>>& into) {
  for (QAction* action : menu.actions()) {
    if (action->isSeparator()) continue;
    if (const QMenu* inner = action->menu()) {
      QString title = inner->title();
      collect(*inner, QStringLiteral("%1 %2 \u203A").arg(path, title.remove('&')), into);
    } else if (action->isEnabled()) {
      into.emplace_back(QStringLiteral("%1 %2").arg(path, plainText(*action)), action);
    }
  }
}

}  // namespace

CommandDialog::CommandDialog(Workbench& workbench, QWidget* parent) : QDialog(parent), m_workbench(workbench) {
  setObjectName("commandDialog");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(tr("Find"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 12, 12, 12);
  m_field = new QLineEdit;
  m_field->setObjectName("commandLine");
  m_field->setAccessibleName(tr("Find"));
  m_field->setPlaceholderText(tr("Text, #id, L3E12, dropped, margin<0.01, surprisal>5, or a command"));
  m_field->installEventFilter(this);
  m_list = new QListWidget;
  m_list->setObjectName("commandList");
  m_list->setAccessibleName(tr("Found"));
  m_list->setFrameShape(QFrame::NoFrame);
  column->addWidget(m_field);
  column->addWidget(m_list, 1);
  resize(520, 360);
  connect(m_field, &QLineEdit::textChanged, this, &CommandDialog::filter);
  connect(m_field, &QLineEdit::returnPressed, this, &CommandDialog::runCurrent);
  connect(m_list, &QListWidget::itemActivated, this, &CommandDialog::runCurrent);
  connect(m_list, &QListWidget::itemClicked, this, &CommandDialog::runCurrent);
}

void CommandDialog::addMenus(const QMenuBar& bar) {
  std::vector<std::pair<QString, QAction*>> actions;
  for (const QAction* top : bar.actions()) {
    if (!top->menu()) continue;
    QString title = top->menu()->title();
    collect(*top->menu(), QStringLiteral("%1 \u203A").arg(title.remove('&')), actions);
  }
  for (const auto& [text, action] : actions) {
    m_commands.push_back({text, [action = QPointer<QAction>(action)] {
                            if (action) action->trigger();
                          }});
  }
  filter();
}

void CommandDialog::filter() {
  const QString wanted = m_field->text().trimmed();
  m_shown.clear();
  findTokens(wanted);
  const QStringList words = wanted.split(' ', Qt::SkipEmptyParts);
  for (const Command& command : m_commands) {
    const bool all = std::all_of(words.begin(), words.end(),
                                 [&](const QString& word) { return command.text.contains(word, Qt::CaseInsensitive); });
    if (all) m_shown.push_back(command);
  }
  m_list->clear();
  for (const Command& command : m_shown) m_list->addItem(command.text);
  if (!m_shown.empty()) m_list->setCurrentRow(0);
}

// From the cursor on, then from the beginning: Enter goes to the next place.
void CommandDialog::findTokens(const QString& wanted) {
  if (wanted.trimmed().isEmpty() || m_workbench.trace().empty()) return;
  const ui::ViewSource& source = m_workbench.source();
  const auto query = ui::parseFind(wanted.toStdString());
  const int count = m_workbench.trace().length();
  bool isNumber = false;
  const int number = wanted.toInt(&isNumber);
  for (int i = 0; i < count && static_cast<int>(m_shown.size()) < kMostTokens; ++i) {
    const int token = (m_workbench.cursor().token + 1 + i) % count;
    ui::Cursor place = m_workbench.cursor();
    place.token = token;
    if (!(isNumber && token == number)) {
      const auto found = query ? ui::findAt(source, *query, token, m_workbench.cursor()) : std::nullopt;
      if (!found) continue;
      place = *found;
    }
    const QString shown = QString::fromStdString(ui::visibleToken(source.tokenAt(token)).whole());
    QString text = tr("token %1   %2").arg(token).arg(shown);
    if (query && query->kind != ui::FindQuery::Kind::Text && query->kind != ui::FindQuery::Kind::TokenId) {
      text +=
          QStringLiteral("   ") + QString::fromStdString(ui::placeLabel(place.layer, place.expert, source.experts()));
    }
    m_shown.push_back({text, [this, place, wanted] {
                         emit found(wanted);
                         m_workbench.moveTo(place);
                       }});
  }
}

void CommandDialog::runCurrent() {
  const int row = m_list->currentRow();
  if (row < 0 || row >= static_cast<int>(m_shown.size())) return;
  const std::function<void()> run = m_shown[static_cast<size_t>(row)].run;
  accept();
  run();
}

// Arrows walk through the list while the field is written in.
bool CommandDialog::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if ((key == Qt::Key_Down || key == Qt::Key_Up) && m_list->count() > 0) {
      const int by = key == Qt::Key_Down ? 1 : -1;
      m_list->setCurrentRow(std::clamp(m_list->currentRow() + by, 0, m_list->count() - 1));
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

}  // namespace app
