// The commands of the table as actions, with the keys they have now.
#pragma once

#include <QKeySequence>
#include <QMap>
#include <QObject>
#include <array>
#include <functional>
#include <optional>

#include "app/command_table.h"

class QAction;
class QKeyEvent;
class QMenu;

namespace app {

class Commands : public QObject {
  Q_OBJECT

 public:
  // `changed`: keys that differ from the table, by the name of the command; names that are not there are ignored.
  Commands(QWidget* window, const QMap<QString, QString>& changed);

  void on(Command command, std::function<void()> run);
  QAction* action(Command command) const { return m_actions[static_cast<size_t>(command)]; }
  void fill(QMenu& menu, CommandMenu which) const;  // its rows in the order of the table

  QKeySequence key(Command command) const { return m_keys[static_cast<size_t>(command)]; }
  void setKey(Command command, const QKeySequence& key);  // empty: none
  void resetKeys();
  // Another command that has this key.
  std::optional<Command> holderOf(const QKeySequence& key, Command except) const;
  QMap<QString, QString> changedKeys() const;

  // Runs what a key that is no shortcut stands for; false: nothing.
  bool press(const QKeyEvent& event, bool canvasHasFocus) const;

 signals:
  void keysChanged();

 private:
  void showKey(Command command);

  std::array<QAction*, kCommands> m_actions{};
  std::array<QKeySequence, kCommands> m_keys{};
};

// "Go to", without mnemonic and dots.
QString commandWords(Command command);

}  // namespace app
