// One field that finds: tokens of the run by their text or number, and every command of the menus by its words.
#pragma once

#include <QDialog>
#include <functional>
#include <vector>

class QLineEdit;
class QListWidget;
class QMenuBar;

namespace app {

class Workbench;

class CommandDialog : public QDialog {
  Q_OBJECT

 public:
  CommandDialog(Workbench& workbench, QWidget* parent);
  void addMenus(const QMenuBar& bar);

 signals:
  void found(const QString& wanted);  // went to a place that answers this

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Command {
    QString text, keys;
    std::function<void()> run;
  };
  void filter();
  void findTokens(const QString& wanted);
  void runCurrent();

  Workbench& m_workbench;
  QLineEdit* m_field = nullptr;
  QListWidget* m_list = nullptr;
  std::vector<Command> m_commands;
  std::vector<Command> m_shown;
};

}  // namespace app
