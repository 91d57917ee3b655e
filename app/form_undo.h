// Undo for a form: lists, numbers, check boxes. What the user sets in it is a step back each; a number turned on and on
// is one.
#pragma once

#include <QUndoStack>
#include <QVariant>
#include <QWidget>
#include <functional>

namespace app {

class FormUndo : public QObject {
  Q_OBJECT

 public:
  // `words` name a step in the menu. `shown` is called when values have been put back. The form owns it.
  FormUndo(QUndoStack& undo, const QString& words, QWidget* form, std::function<void()> shown);

  // QComboBox, QSpinBox, QDoubleSpinBox, or anything with a checked state.
  void watch(const QList<QWidget*>& controls);
  // What belongs to the form without being a control.
  void setRest(std::function<QVariant()> read, std::function<void(const QVariant&)> write);
  // Changes are not the user's until the next seen().
  void rest() { m_quiet = true; }
  void seen();

 private:
  friend class FormChange;
  QVariantList values() const;
  void put(const QVariantList& values);
  void edited(int control);

  QUndoStack& m_undo;
  const QString m_words;
  const std::function<void()> m_shown;
  QList<QWidget*> m_controls;
  std::function<QVariant()> m_readRest;
  std::function<void(const QVariant&)> m_writeRest;
  QVariantList m_last;
  bool m_quiet = false;
};

}  // namespace app
