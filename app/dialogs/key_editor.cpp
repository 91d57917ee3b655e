#include "app/dialogs/key_editor.h"

#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

#include "app/models/key_model.h"

namespace app {

KeyEditor::KeyEditor(Commands& commands, QWidget* parent) : QDialog(parent), m_commands(commands) {
  setObjectName("keyEditor");
  setWindowTitle(tr("Change keys"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 16, 16, 16);
  m_model = new KeyModel(commands, this);
  m_table = new QTableView;
  m_table->setObjectName("keyTable");
  m_table->setAccessibleName(tr("Commands and keys"));
  m_table->setModel(m_model);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setTabKeyNavigation(false);
  m_table->setShowGrid(false);
  m_table->setAlternatingRowColors(true);
  m_table->verticalHeader()->hide();
  m_table->horizontalHeader()->setSectionResizeMode(KeyModel::What, QHeaderView::Stretch);
  m_table->horizontalHeader()->resizeSection(KeyModel::Key, 120);
  column->addWidget(m_table, 1);

  auto* row = new QHBoxLayout;
  m_key = new QKeySequenceEdit;
  m_key->setObjectName("newKey");
  m_key->setAccessibleName(tr("New key"));
  m_set = new QPushButton(tr("Set"));
  m_set->setObjectName("setKey");
  auto* none = new QPushButton(tr("No key"));
  none->setObjectName("noKey");
  auto* reset = new QPushButton(tr("All as at first"));
  reset->setObjectName("resetKeys");
  row->addWidget(m_key, 1);
  row->addWidget(m_set);
  row->addWidget(none);
  row->addWidget(reset);
  column->addLayout(row);
  m_message = new QLabel;
  m_message->setObjectName("keyMessage");
  m_message->setWordWrap(true);
  m_message->setMinimumHeight(m_message->fontMetrics().height() * 2);
  m_message->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  column->addWidget(m_message);
  resize(480, 520);

  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &KeyEditor::showChosen);
  connect(m_key, &QKeySequenceEdit::keySequenceChanged, this, &KeyEditor::showConflict);
  connect(m_set, &QPushButton::clicked, this, [this] { set(m_key->keySequence()); });
  connect(none, &QPushButton::clicked, this, [this] { set({}); });
  connect(reset, &QPushButton::clicked, this, [this] {
    m_commands.resetKeys();
    showChosen();
  });
  m_table->selectRow(0);
}

std::optional<Command> KeyEditor::chosen() const {
  const QModelIndex index = m_table->currentIndex();
  return index.isValid() ? std::optional(KeyModel::commandAt(index)) : std::nullopt;
}

void KeyEditor::showChosen() {
  if (const auto command = chosen()) m_key->setKeySequence(m_commands.key(*command));
  showConflict();
}

void KeyEditor::showConflict() {
  const auto command = chosen();
  const QKeySequence key = m_key->keySequence();
  m_set->setEnabled(command && !key.isEmpty() && key.count() == 1);
  const auto holder = command ? m_commands.holderOf(key, *command) : std::nullopt;
  m_set->setText(holder ? tr("Take it") : tr("Set"));
  if (key.count() > 1) {
    m_message->setText(tr("One key at a time, please."));
  } else if (holder) {
    m_message->setText(tr("%1 is the key of \u201C%2\u201D. Take it, and that command has none.")
                           .arg(readableKeys(key.toString(QKeySequence::PortableText)), commandWords(*holder)));
  } else {
    m_message->setText(tr("Choose a command, then press its new key in the field."));
  }
}

void KeyEditor::set(const QKeySequence& key) {
  const auto command = chosen();
  if (!command) return;
  if (const auto holder = m_commands.holderOf(key, *command)) m_commands.setKey(*holder, {});
  m_commands.setKey(*command, key);
  showChosen();
}

}  // namespace app
