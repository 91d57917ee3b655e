// Questions across all stored runs: who chose this expert, which first choices were dropped, where a token went. The
// answers come from the disk thread, a page at a time.
#pragma once

#include "app/docks/dock.h"
#include "app/question_text.h"
#include "app/workbench.h"

class QLabel;
class QLineEdit;
class QListView;
class QModelIndex;
class QPushButton;

namespace app {

class HitModel;

class QuestionDock : public Dock {
  Q_OBJECT

 public:
  QuestionDock(Workbench& workbench, QWidget* parent);
  void startAsking();
  void ask(const QString& question);

 private:
  void run();
  void askPage(int offset);
  std::optional<int32_t> idOf(const QString& text) const;
  void go(const QModelIndex& index);

  Workbench& m_workbench;
  HitModel* m_model = nullptr;
  QLineEdit* m_field = nullptr;
  QLabel* m_count = nullptr;
  QLabel* m_routes = nullptr;
  QListView* m_list = nullptr;
  QPushButton* m_more = nullptr;
  std::optional<ParsedQuestion> m_question;
  int m_asked = 0;  // answers to older questions are dropped
};

}  // namespace app
