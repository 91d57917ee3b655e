#include "app/dialogs/keys_dialog.h"

#include <QGridLayout>
#include <QLabel>

namespace app {
namespace {

struct Key {
  const char* keys;
  const char* what;
};

constexpr Key kKeys[] = {
    {"\u2190 \u2192", QT_TRANSLATE_NOOP("KeysDialog", "previous, next token")},
    {"Home End", QT_TRANSLATE_NOOP("KeysDialog", "first, last token")},
    {"PgUp PgDn", QT_TRANSLATE_NOOP("KeysDialog", "ten tokens back, on")},
    {"\u2191 \u2193", QT_TRANSLATE_NOOP("KeysDialog", "layer above, below")},
    {"\u21E7 \u2190 \u2192", QT_TRANSLATE_NOOP("KeysDialog", "previous, next expert")},
    {"\u21E7 \u2191 \u2193", QT_TRANSLATE_NOOP("KeysDialog", "previous, next stage of the layer")},
    {"Space", QT_TRANSLATE_NOOP("KeysDialog", "play, and write on past the end; again to stop")},
    {"Ctrl N", QT_TRANSLATE_NOOP("KeysDialog", "write a prompt")},
    {"Ctrl Enter", QT_TRANSLATE_NOOP("KeysDialog", "run it")},
    {"Ctrl 1, Ctrl 0", QT_TRANSLATE_NOOP("KeysDialog", "generate one, ten tokens")},
    {"Ctrl G", QT_TRANSLATE_NOOP("KeysDialog", "go to a token by its number")},
    {"Ctrl F", QT_TRANSLATE_NOOP("KeysDialog", "find in the text")},
    {"Ctrl K", QT_TRANSLATE_NOOP("KeysDialog", "find or run a command")},
    {"F6", QT_TRANSLATE_NOOP("KeysDialog", "next panel; with \u21E7 the one before")},
    {"Ctrl L", QT_TRANSLATE_NOOP("KeysDialog", "sessions")},
    {"Ctrl O", QT_TRANSLATE_NOOP("KeysDialog", "open a model folder")},
    {"Ctrl \u21E7 O", QT_TRANSLATE_NOOP("KeysDialog", "open a recorded run")},
    {"Ctrl D", QT_TRANSLATE_NOOP("KeysDialog", "capacity factor and rule")},
    {"Esc", QT_TRANSLATE_NOOP("KeysDialog", "stop what is running, then back to the tokens")},
    {"?", QT_TRANSLATE_NOOP("KeysDialog", "this list")},
};

}  // namespace

KeysDialog::KeysDialog(QWidget* parent) : QDialog(parent) {
  setObjectName("keysDialog");
  setWindowTitle(tr("Keys"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(24, 20, 24, 20);
  grid->setHorizontalSpacing(24);
  int row = 0;
  for (const Key& key : kKeys) {
    auto* keys = new QLabel(QString::fromUtf8(key.keys));
    keys->setProperty("role", "secondary");
    grid->addWidget(keys, row, 0);
    grid->addWidget(new QLabel(tr(key.what)), row, 1);
    ++row;
  }
}

}  // namespace app
