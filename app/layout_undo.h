// Where the docks stand, as steps that can be undone: a dock that was floated, moved, or put back. A dock that is
// closed by its window's own button goes through its action in the menu, whose steps are undone elsewhere.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QTimer>

class QDockWidget;
class QMainWindow;
class QUndoStack;

namespace app {

class LayoutUndo : public QObject {
  Q_OBJECT

 public:
  LayoutUndo(QMainWindow& window, QUndoStack& undo);
  void watch(QDockWidget& dock);           // from now on
  void restore(const QByteArray& layout);  // what moves by it is no step of its own

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void settle();

  QMainWindow& m_window;
  QUndoStack& m_undo;
  QTimer m_settled;     // a drag is one step, whatever it passes on its way
  QByteArray m_before;  // as it was when nothing moved last
  bool m_moved = false;
  bool m_restoring = false;
};

}  // namespace app
