#include "app/dialogs/command_dialog.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPainter>
#include <QPointer>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "app/command_table.h"
#include "app/workbench.h"
#include "ui/numbers.h"
#include "ui/views/find.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

constexpr int kMostTokens = 100;

constexpr int kKeyRole = Qt::UserRole;

QString plainText(const QAction& action) { return action.text().section('\t', 0, 0).remove('&'); }

QString keysOf(const QAction& action) {
  return action.shortcut().isEmpty() ? action.text().section('\t', 1)
                                     : readableKeys(action.shortcut().toString(QKeySequence::PortableText));
}

// The key of a command stands at the right, as in a menu.
class FoundDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QStyledItemDelegate::paint(painter, option, index);
    const QString key = index.data(kKeyRole).toString();
    if (key.isEmpty()) return;
    painter->save();
    painter->setFont(option.font);
    painter->setPen(option.palette.color(QPalette::PlaceholderText));
    painter->drawText(option.rect.adjusted(0, 0, -8, 0), Qt::AlignRight | Qt::AlignVCenter, key);
    painter->restore();
  }
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const QSize size = QStyledItemDelegate::sizeHint(option, index);
    return {size.width(), std::max(size.height(), option.fontMetrics.height() + 6)};
  }
};

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
  m_list->setItemDelegate(new FoundDelegate(m_list));
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
    m_commands.push_back({text, keysOf(*action), [action = QPointer<QAction>(action)] {
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
  for (const Command& command : m_shown) {
    auto* item = new QListWidgetItem(command.text, m_list);
    item->setData(kKeyRole, command.keys);
    if (!command.keys.isEmpty()) item->setData(Qt::AccessibleTextRole, command.text + ", " + command.keys);
  }
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
    m_shown.push_back({text, {}, [this, place, wanted] {
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
