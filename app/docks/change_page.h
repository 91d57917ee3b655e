// A page of the lab: the run done again with its routing changed, and what that did to its predictions.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QListWidget;
class QProgressBar;
class QPushButton;
class QUndoStack;

#include "core/engine/intervention.h"
namespace core {
class ThreadPool;
}
namespace ui {
class TextShaper;
}

namespace app {

class CanvasWidget;
class ChangedRun;
class ChangeForm;
class Instruments;
class Lab;
class Workbench;

class ChangePage : public QWidget {
  Q_OBJECT

 public:
  ChangePage(Workbench& workbench, Lab& lab, ChangedRun& run, const Instruments& instruments, ui::TextShaper& shaper,
             core::ThreadPool* pool, QUndoStack& undo, QWidget* parent = nullptr);
  void startChoosing();
  CanvasWidget& canvas() { return *m_canvas; }
  void showPicture();                                  // anew: also where the theme is another
  void runWith(std::vector<core::Intervention> list);  // following what is typed as target and distractor

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* makeLeft();
  QWidget* makeWords();
  void showState();
  void addChange();
  void setChanges(const QString& words, std::vector<core::Intervention> list);  // can be taken back
  void showChanges(const std::vector<core::Intervention>& list);
  std::optional<int32_t> tokenOf(const QLineEdit& field) const;

  Workbench& m_workbench;
  Lab& m_lab;
  ChangedRun& m_run;
  const Instruments& m_instruments;
  QUndoStack& m_undo;
  ChangeForm* m_form = nullptr;
  QListWidget* m_list = nullptr;
  QLineEdit* m_target = nullptr;
  QLineEdit* m_distractor = nullptr;
  QPushButton* m_start = nullptr;
  QPushButton* m_remove = nullptr;
  QLabel* m_why = nullptr;
  QLabel* m_words = nullptr;
  QWidget* m_progressRow = nullptr;
  QProgressBar* m_bar = nullptr;
  CanvasWidget* m_canvas = nullptr;
  std::vector<core::Intervention> m_changes;
};

}  // namespace app
