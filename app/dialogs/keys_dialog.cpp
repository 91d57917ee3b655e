#include "app/dialogs/keys_dialog.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QStyle>
#include <vector>

#include "app/commands.h"
#include "app/dialogs/key_editor.h"

namespace app {
namespace {

// What stands together in one column of the map, in the order of the menus.
const std::vector<CommandMenu> kColumns[] = {{CommandMenu::Cursor, CommandMenu::Help},
                                             {CommandMenu::File, CommandMenu::Edit, CommandMenu::View},
                                             {CommandMenu::Run, CommandMenu::Sessions}};

void addMenu(QGridLayout& grid, const Commands& commands, CommandMenu menu) {
  int row = grid.rowCount();
  auto* title = new QLabel(Commands::tr(menuName(menu)));
  QFont semibold = title->font();
  semibold.setWeight(QFont::DemiBold);
  title->setFont(semibold);
  if (row > 1) grid.setRowMinimumHeight(row++, 8);
  grid.addWidget(title, row++, 0, 1, 2);
  for (const CommandInfo& info : commandTable()) {
    if (info.menu != menu || commands.key(info.command).isEmpty()) continue;
    auto* key = new QLabel(readableKeys(commands.key(info.command).toString(QKeySequence::PortableText)));
    key->setObjectName(QStringLiteral("key.%1").arg(QString::fromLatin1(info.name)));
    key->setProperty("role", "secondary");
    key->setTextFormat(Qt::PlainText);
    grid.addWidget(key, row, 0);
    grid.addWidget(new QLabel(info.what[0] ? Commands::tr(info.what) : commandWords(info.command)), row, 1);
    ++row;
  }
}

QWidget* makeColumn(const Commands& commands, const std::vector<CommandMenu>& menus) {
  auto* column = new QWidget;
  auto* grid = new QGridLayout(column);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(16);
  grid->setVerticalSpacing(2);
  for (const CommandMenu menu : menus) addMenu(*grid, commands, menu);
  grid->setRowStretch(grid->rowCount(), 1);
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
  auto* note = new QLabel(
      tr("Keys without Ctrl, Alt or F act while a canvas has the keyboard. Tab always moves it on, F6 from panel to "
         "panel. The wheel scrolls the tokens and zooms into tokens \u00D7 experts; with Shift it moves along."));
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
  auto* inner = new QWidget;
  auto* groups = new QHBoxLayout(inner);
  groups->setContentsMargins(0, 0, 0, 0);
  groups->setSpacing(32);
  for (const std::vector<CommandMenu>& menus : kColumns) groups->addWidget(makeColumn(m_commands, menus));
  // Large texts on a small screen need more room than there is.
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setWidget(inner);
  const QSize most = (screen()->availableSize() * 0.95) - QSize(60, 110), whole = inner->sizeHint();
  const int bar = style()->pixelMetric(QStyle::PM_ScrollBarExtent);
  scroll->setMinimumSize(std::min(whole.width() + (whole.height() > most.height() ? bar : 0), most.width()),
                         std::min(whole.height() + (whole.width() > most.width() ? bar : 0), most.height()));
  m_map = scroll;
  column->insertWidget(0, m_map);
}

void KeysDialog::changeKeys() { (new KeyEditor(m_commands, this))->open(); }

}  // namespace app
