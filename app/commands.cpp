#include "app/commands.h"

#include <QAction>
#include <QKeyEvent>
#include <QMenu>
#include <QWidget>

namespace app {
namespace {

QString textOf(const CommandInfo& info) { return Commands::tr(info.text); }

size_t indexOf(Command command) { return static_cast<size_t>(command); }

}  // namespace

QString commandWords(Command command) {
  QString text = textOf(commandInfo(command));
  text.remove('&');
  text.remove(QChar(0x2026));
  return text;
}

Commands::Commands(QWidget* window, const QMap<QString, QString>& changed) : QObject(window) {
  for (const CommandInfo& info : commandTable()) {
    auto* action = new QAction(textOf(info), this);
    action->setObjectName(QString::fromLatin1(info.name));
    m_actions[indexOf(info.command)] = action;
    const auto other = changed.find(QString::fromLatin1(info.name));
    m_keys[indexOf(info.command)] = QKeySequence::fromString(
        other == changed.end() ? QString::fromUtf8(info.keys) : other.value(), QKeySequence::PortableText);
    window->addAction(action);  // shortcuts work while the menu is closed
    showKey(info.command);
  }
}

// Keys that whatever has the focus may take first are no shortcuts; the menu only names them.
void Commands::showKey(Command command) {
  const CommandInfo& info = commandInfo(command);
  QAction* action = m_actions[indexOf(command)];
  const QKeySequence& key = m_keys[indexOf(command)];
  if (info.scope == KeyScope::Window) {
    action->setShortcut(key);
    return;
  }
  const QString keys = readableKeys(key.toString(QKeySequence::PortableText));
  action->setText(keys.isEmpty() ? textOf(info) : textOf(info) + '\t' + keys);
}

void Commands::on(Command command, std::function<void()> run) {
  connect(action(command), &QAction::triggered, this, [run = std::move(run)] { run(); });
}

void Commands::fill(QMenu& menu, CommandMenu which) const {
  for (const CommandInfo& info : commandTable()) {
    if (info.menu != which) continue;
    if (info.line) menu.addSeparator();
    menu.addAction(action(info.command));
  }
}

void Commands::setKey(Command command, const QKeySequence& key) {
  if (m_keys[indexOf(command)] == key) return;
  m_keys[indexOf(command)] = key;
  showKey(command);
  emit keysChanged();
}

void Commands::resetKeys() {
  for (const CommandInfo& info : commandTable()) {
    m_keys[indexOf(info.command)] = QKeySequence::fromString(QString::fromUtf8(info.keys), QKeySequence::PortableText);
    showKey(info.command);
  }
  emit keysChanged();
}

std::optional<Command> Commands::holderOf(const QKeySequence& key, Command except) const {
  if (key.isEmpty()) return std::nullopt;
  for (const CommandInfo& info : commandTable()) {
    if (info.command != except && m_keys[indexOf(info.command)] == key) return info.command;
  }
  return std::nullopt;
}

QMap<QString, QString> Commands::changedKeys() const {
  QMap<QString, QString> changed;
  for (const CommandInfo& info : commandTable()) {
    const QString now = m_keys[indexOf(info.command)].toString(QKeySequence::PortableText);
    if (now != QString::fromUtf8(info.keys)) changed.insert(QString::fromLatin1(info.name), now);
  }
  return changed;
}

bool Commands::press(const QKeyEvent& event, bool canvasHasFocus) const {
  const auto modifiers = event.modifiers() & ~Qt::KeypadModifier;
  const QKeySequence pressed(QKeyCombination(modifiers, static_cast<Qt::Key>(event.key())));
  // What a key types (?, [) may need Shift or AltGr on some keyboards.
  const QString text = event.text();
  const bool isSign = text.size() == 1 && text[0].isPrint() && !text[0].isSpace() && !text[0].isLetter() && text != ",";
  const QKeySequence typed(isSign ? text : QString());
  for (const CommandInfo& info : commandTable()) {
    if (info.scope == KeyScope::Window || (info.scope == KeyScope::Canvas && !canvasHasFocus)) continue;
    const QKeySequence& key = m_keys[indexOf(info.command)];
    if (key.isEmpty() || !(key == pressed || (isSign && key == typed))) continue;
    QAction* found = action(info.command);
    if (found->isEnabled()) found->trigger();
    return true;
  }
  return false;
}

}  // namespace app
