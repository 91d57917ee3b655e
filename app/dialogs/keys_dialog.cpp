#include "app/dialogs/keys_dialog.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "app/commands.h"
#include "app/dialogs/key_editor.h"

namespace app {
namespace {

// What stands together in one column of the map.
constexpr std::pair<Command, Command> kGroups[] = {{Command::Cancel, Command::RangeClear},
                                                   {Command::NewPrompt, Command::CapacityRecorded},
                                                   {Command::ShowSessions, Command::Keys}};

QWidget* group(const Commands& commands, Command first, Command last) {
  auto* column = new QWidget;
  auto* grid = new QGridLayout(column);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(16);
  grid->setVerticalSpacing(3);
  int row = 0;
  for (const CommandInfo& info : commandTable()) {
    if (info.command < first || info.command > last || commands.key(info.command).isEmpty()) continue;
    auto* key = new QLabel(readableKeys(commands.key(info.command).toString(QKeySequence::PortableText)));
    key->setObjectName(QStringLiteral("key.%1").arg(QString::fromLatin1(info.name)));
    key->setProperty("role", "secondary");
    key->setTextFormat(Qt::PlainText);
    grid->addWidget(key, row, 0);
    grid->addWidget(new QLabel(info.what[0] ? Commands::tr(info.what) : commandWords(info.command)), row, 1);
    ++row;
  }
  grid->setRowStretch(row, 1);
  return column;
}

}  // namespace

KeysDialog::KeysDialog(Commands& commands, QWidget* parent) : QDialog(parent), m_commands(commands) {
  setObjectName("keysDialog");
  setWindowTitle(tr("Keys"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 16);
  column->setSpacing(16);
  auto* row = new QHBoxLayout;
  auto* note =
      new QLabel(tr("Arrows, Home, End, Space and brackets act while a canvas has the keyboard. "
                    "Tab always moves it on, F6 from panel to panel."));
  note->setProperty("role", "label");
  note->setWordWrap(true);
  auto* change = new QPushButton(tr("Change keys\u2026"));
  change->setObjectName("changeKeys");
  auto* close = new QPushButton(tr("Close"));
  close->setDefault(true);
  row->addWidget(note, 1);
  row->addWidget(change);
  row->addWidget(close);
  column->addLayout(row);
  connect(change, &QPushButton::clicked, this, &KeysDialog::changeKeys);
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  connect(&commands, &Commands::keysChanged, this, &KeysDialog::showKeys);
  showKeys();
}

void KeysDialog::showKeys() {
  auto* column = static_cast<QVBoxLayout*>(layout());
  delete m_map;
  m_map = new QWidget;
  auto* groups = new QHBoxLayout(m_map);
  groups->setContentsMargins(0, 0, 0, 0);
  groups->setSpacing(32);
  for (const auto& [first, last] : kGroups) groups->addWidget(group(m_commands, first, last));
  column->insertWidget(0, m_map);
}

void KeysDialog::changeKeys() { (new KeyEditor(m_commands, this))->open(); }

}  // namespace app
