// Asks for one line: a name, tags, a note.
#pragma once

#include <QDialog>
#include <functional>

class QHBoxLayout;
class QLineEdit;

namespace app {

class LineDialog : public QDialog {
  Q_OBJECT

 public:
  LineDialog(const QString& title, const QString& label, const QString& text, QWidget* parent);

  void onDone(std::function<void(const QString&)> done);
  // One more button, for the other thing one may want.
  void addButton(const QString& text, const QString& objectName, std::function<void()> pressed);

 private:
  QLineEdit* m_line = nullptr;
  QHBoxLayout* m_buttons = nullptr;
};

}  // namespace app
