#include "app/layout_undo.h"

#include <QAction>
#include <QDockWidget>
#include <QEvent>
#include <QGuiApplication>
#include <QMainWindow>
#include <QUndoStack>
#include <utility>

namespace app {
namespace {

constexpr int kSettledMs = 250;

class LayoutChange : public QUndoCommand {
 public:
  LayoutChange(LayoutUndo& owner, QByteArray before, QByteArray after)
      : QUndoCommand(LayoutUndo::tr("move a panel")),
        m_owner(owner),
        m_before(std::move(before)),
        m_after(std::move(after)) {}

  void undo() override { m_owner.restore(m_before); }
  // It is pushed when it has been done already.
  void redo() override {
    if (std::exchange(m_done, true)) m_owner.restore(m_after);
  }

 private:
  LayoutUndo& m_owner;
  const QByteArray m_before, m_after;
  bool m_done = false;
};

}  // namespace

LayoutUndo::LayoutUndo(QMainWindow& window, QUndoStack& undo) : m_window(window), m_undo(undo) {
  m_settled.setSingleShot(true);
  m_settled.setInterval(kSettledMs);
  connect(&m_settled, &QTimer::timeout, this, &LayoutUndo::settle);
  m_settled.start();
}

void LayoutUndo::watch(QDockWidget& dock) {
  const auto moved = [this] {
    m_moved = true;
    m_settled.start();
  };
  connect(&dock, &QDockWidget::topLevelChanged, this, moved);
  connect(&dock, &QDockWidget::dockLocationChanged, this, moved);
  // Showing and hiding are steps of their own; here they only change what a later step goes back to.
  connect(&dock, &QDockWidget::visibilityChanged, this, [this] { m_settled.start(); });
  dock.installEventFilter(this);
}

bool LayoutUndo::eventFilter(QObject* object, QEvent* event) {
  auto* dock = event->type() == QEvent::Close ? qobject_cast<QDockWidget*>(object) : nullptr;
  if (!dock || dock->isHidden()) return QObject::eventFilter(object, event);
  dock->toggleViewAction()->trigger();
  event->accept();
  return true;
}

void LayoutUndo::restore(const QByteArray& layout) {
  m_restoring = true;
  m_window.restoreState(layout);
  m_settled.start();
}

void LayoutUndo::settle() {
  if (QGuiApplication::mouseButtons() != Qt::NoButton) {
    m_settled.start();
    return;
  }
  if (std::exchange(m_restoring, false)) m_moved = false;
  const QByteArray now = m_window.saveState();
  if (std::exchange(m_moved, false) && !m_before.isEmpty() && now != m_before) {
    m_undo.push(new LayoutChange(*this, m_before, now));
  }
  m_before = m_window.saveState();
}

}  // namespace app
