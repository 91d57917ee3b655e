// Picks one stored run, by typing words of it.
#pragma once

#include <QDialog>
#include <optional>

#include "core/store/session_store.h"

class QLineEdit;
class QListView;

namespace app {

class SessionModel;
class Workbench;

class RunChooser : public QDialog {
  Q_OBJECT

 public:
  RunChooser(Workbench& workbench, const QString& title, QWidget* parent);

 signals:
  void chosen(core::RunId id);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void search();
  void accept() override;

  Workbench& m_workbench;
  SessionModel* m_model = nullptr;
  QLineEdit* m_field = nullptr;
  QListView* m_list = nullptr;
};

}  // namespace app
