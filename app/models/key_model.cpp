#include "app/models/key_model.h"

#include <QFont>

namespace app {

KeyModel::KeyModel(const Commands& commands, QObject* parent) : QAbstractTableModel(parent), m_commands(commands) {
  connect(&commands, &Commands::keysChanged, this,
          [this] { emit dataChanged(index(0, Key), index(kCommands - 1, Key)); });
}

int KeyModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kCommands; }
int KeyModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant KeyModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Command command = commandAt(index);
  const QString key = m_commands.key(command).toString(QKeySequence::PortableText);
  const bool changed = key != QString::fromUtf8(commandInfo(command).keys);
  if (role == Qt::DisplayRole) return index.column() == What ? commandWords(command) : readableKeys(key);
  if (role == Qt::AccessibleTextRole && index.column() == Key && key.isEmpty()) return tr("no key");
  if (role == Qt::FontRole && changed) {
    QFont font;
    font.setWeight(QFont::DemiBold);
    return font;
  }
  if (role == Qt::ToolTipRole && changed) {
    return tr("Changed; at first it is %1.").arg(readableKeys(QString::fromUtf8(commandInfo(command).keys)));
  }
  return {};
}

QVariant KeyModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  return section == What ? tr("Command") : tr("Key");
}

}  // namespace app
