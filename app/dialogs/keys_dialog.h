// Every key of the window.
#pragma once

#include <QDialog>

namespace app {

class KeysDialog : public QDialog {
  Q_OBJECT

 public:
  explicit KeysDialog(QWidget* parent);
};

}  // namespace app
