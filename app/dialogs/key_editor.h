// Where keys are changed: choose a command, press its new key. A key that is taken says by what, and is taken from
// there only if asked to.
#pragma once

#include <QDialog>

#include "app/commands.h"

class QKeySequenceEdit;
class QLabel;
class QPushButton;
class QTableView;

namespace app {

class KeyModel;

class KeyEditor : public QDialog {
  Q_OBJECT

 public:
  KeyEditor(Commands& commands, QWidget* parent);

 private:
  std::optional<Command> chosen() const;
  void showChosen();
  void showConflict();
  void set(const QKeySequence& key);

  Commands& m_commands;
  KeyModel* m_model = nullptr;
  QTableView* m_table = nullptr;
  QKeySequenceEdit* m_key = nullptr;
  QLabel* m_message = nullptr;
  QPushButton* m_set = nullptr;
};

}  // namespace app
