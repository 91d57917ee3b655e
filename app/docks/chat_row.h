// "Wrap as chat": the form a prompt is put into before it is run, and the text that comes of it. The form this model's
// own template resembles is offered first; the template is shown as a tip and never executed.
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QPlainTextEdit;

namespace app {

class Workbench;

class ChatRow : public QWidget {
  Q_OBJECT

 public:
  explicit ChatRow(Workbench& workbench);

  QString form() const;  // name of the wrapper, empty: off
  void setForm(const QString& name);
  QString wrapped(const QString& typed) const;  // as the model is given it
  void showText(const QString& typed);          // what is typed now

 signals:
  void changed();

 private:
  struct Suggestion {
    QString form, file, text;  // of the template: the form it resembles, where it stands, what it says
  };
  void readTemplate();
  void offer(const Suggestion& suggestion);
  void showWrapped();

  Workbench& m_workbench;
  QComboBox* m_form = nullptr;
  QPlainTextEdit* m_wrapped = nullptr;
  QLabel* m_remark = nullptr;
  QString m_typed;
};

}  // namespace app
