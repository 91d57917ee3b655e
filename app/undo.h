// Changes that can be taken back, in the order they were made.
#pragma once

#include <QUndoStack>
#include <functional>

namespace app {

class Change : public QUndoCommand {
 public:
  // Both must be safe to call at any later time.
  Change(const QString& words, std::function<void()> redo, std::function<void()> undo)
      : QUndoCommand(words), m_redo(std::move(redo)), m_undo(std::move(undo)) {}
  void redo() override { m_redo(); }
  void undo() override { m_undo(); }

 private:
  const std::function<void()> m_redo, m_undo;
};

// Does it now; `words` name it in the menu after Undo: "rename".
inline void change(QUndoStack& stack, const QString& words, std::function<void()> redo, std::function<void()> undo) {
  stack.push(new Change(words, std::move(redo), std::move(undo)));
}

}  // namespace app
