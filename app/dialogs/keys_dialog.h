// Every key of the window, drawn from the table of commands with the keys they have now.
#pragma once

#include <QDialog>

class QGridLayout;

namespace app {

class Commands;

class KeysDialog : public QDialog {
  Q_OBJECT

 public:
  KeysDialog(Commands& commands, QWidget* parent);

 private:
  void showKeys();
  void changeKeys();

  Commands& m_commands;
  QWidget* m_map = nullptr;
};

}  // namespace app
